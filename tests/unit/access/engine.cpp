// The service on a real socket: TLS from the first byte, and a drain that ends it.

#include "daemon/access/engine.h"

#include <array>
#include <memory>
#include <thread>

#include <asio/post.hpp>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include "world.h"

using namespace metka;
using namespace metka::access::test;
using metka::access::AccessEngine;

namespace {

template <auto free_one>
struct Freed {
    void operator()(auto* object) const { free_one(object); }
};
using Context = std::unique_ptr<SSL_CTX, Freed<SSL_CTX_free>>;
using Tls = std::unique_ptr<SSL, Freed<SSL_free>>;

struct Listener {
    sys::Descriptor socket{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
    sockaddr_in address{};

    Listener()
    {
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        REQUIRE(bind(socket.get(), reinterpret_cast<sockaddr*>(&address), size) == 0);
        REQUIRE(listen(socket.get(), 8) == 0);
        getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size);
    }
};

sys::Descriptor connected(const sockaddr_in& address)
{
    sys::Descriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    REQUIRE(socket);
    const timeval patience{.tv_sec = 20, .tv_usec = 0};
    setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    [[maybe_unused]] const int refused =
        connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
    return socket;
}

// What a TLS client hears that says this and listens to the end.
std::string heard_over_tls(const sockaddr_in& address, std::string_view says)
{
    const Context context(SSL_CTX_new(TLS_client_method()));
    const auto socket = connected(address);
    const Tls tls(SSL_new(context.get()));
    SSL_set_fd(tls.get(), socket.get());
    if (SSL_connect(tls.get()) != 1) return "no TLS";
    SSL_write(tls.get(), says.data(), static_cast<int>(says.size()));
    std::string heard;
    std::array<char, 4096> block{};
    for (int got = 0; (got = SSL_read(tls.get(), block.data(), block.size())) > 0;)
        heard.append(block.data(), static_cast<std::size_t>(got));
    return heard;
}

std::string heard_in_the_clear(const sockaddr_in& address, std::string_view says)
{
    const auto socket = connected(address);
    send(socket.get(), says.data(), says.size(), MSG_NOSIGNAL);
    std::string heard;
    std::array<char, 4096> block{};
    for (ssize_t got = 0; (got = recv(socket.get(), block.data(), block.size(), 0)) > 0;)
        heard.append(block.data(), static_cast<std::size_t>(got));
    return heard;
}

// Runs the engine while the client, in a thread of its own, says its piece; then drains it.
template <class Client>
std::string served(World& world, std::shared_ptr<net::TlsContext> tls, Client client)
{
    asio::io_context loop;
    AccessEngine engine(loop.get_executor(), world.collaborators(), world.limits, {});
    engine.use_tls(std::move(tls));
    Listener listener;
    const auto address = listener.address;
    REQUIRE(engine.listen("pop3s", "127.0.0.1:995", std::move(listener.socket)));
    std::string heard;
    bool drained = false;
    std::thread thread([&] {
        heard = client(address);
        asio::post(loop, [&] { engine.drain([&] { drained = true; }); });
    });
    loop.run();
    thread.join();
    CHECK(drained);
    CHECK(engine.connections() == 0);
    return heard;
}

constexpr std::string_view dialogue =
    "USER biuro@moja-firma.lublin.pl\r\nPASS sekret-biuro\r\nSTAT\r\nQUIT\r\n";

} // namespace

TEST_CASE("the service greets and serves under TLS")
{
    World world;
    world.box().add("Subject: a\n\nb\n");
    const auto heard = served(world, certificate(),
                              [](const sockaddr_in& address) { return heard_over_tls(address, dialogue); });
    CHECK(heard.starts_with("+OK Metka ready\r\n"));
    CHECK(heard.ends_with("+OK 1 17\r\n+OK goodbye\r\n"));
}

TEST_CASE("who speaks in the clear hears nothing of POP3 and asks nobody")
{
    World world;
    const auto heard = served(world, certificate(), [](const sockaddr_in& address) {
        return heard_in_the_clear(address, dialogue);
    });
    CHECK(heard.find("+OK") == std::string::npos);
    CHECK(world.book.asked.empty());
}

TEST_CASE("without a certificate nobody is served")
{
    World world;
    CHECK(served(world, nullptr, [](const sockaddr_in& address) {
              return heard_in_the_clear(address, "");
          }).empty());
}
