// What TLS says by itself, and when it goes out.

#include "core/net/tls_ends.h"

#include <thread>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <openssl/err.h>

#include "core/net/channel.h"
#include "tests/unit/net/loop.h"
#include "tests/unit/net/sockets.h"

using namespace metka;
using namespace metka::net;
using namespace std::chrono_literals;

namespace {

// Greets under TLS and answers each line with itself. False: there was no handshake.
asio::awaitable<bool> greet_and_echo(Channel& channel, std::shared_ptr<TlsContext> context)
{
    const bool shaken = co_await channel.start_tls(*context, 20s);
    if (!shaken) co_return false;
    channel.say("+OK ready\r\n");
    for (;;) {
        const auto reading = co_await channel.read_line(100, 20s);
        if (reading.heard != Heard::line) break;
        channel.say(std::string(reading.line.text) + "\r\n");
    }
    co_await channel.close();
    co_return true;
}

bool meet(const std::function<void(int socket)>& client)
{
    auto sockets = tcp_sockets();
    Loop loop;
    auto channel = std::make_unique<Channel>(loop.executor(), std::move(sockets.ours), "192.0.2.1");
    std::thread thread([&] {
        client(sockets.peer.get());
        sockets.peer.reset();
    });
    const bool shaken = loop.run(greet_and_echo(*channel, context_for(make_certificate())));
    channel.reset();
    thread.join();
    return shaken;
}

} // namespace

TEST_CASE("a client whose handshake fails is told why")
{
    unsigned long why = 0;
    const bool shaken = meet([&why](int socket) {
        TlsClient client(socket, TLS1_2_VERSION);
        SSL_set_cipher_list(client.get(), "AES128-SHA");
        CHECK_FALSE(client.handshake());
        why = ERR_get_error();
        ERR_clear_error();
    });
    CHECK_FALSE(shaken);
    CHECK(ERR_GET_REASON(why) == SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE);
}

TEST_CASE("a client may change its keys, and ask for other keys of ours")
{
    const bool shaken = meet([](int socket) {
        TlsClient client(socket);
        REQUIRE(client.handshake());
        CHECK(client.read() == "+OK ready\r\n");
        for (const int asked : {SSL_KEY_UPDATE_NOT_REQUESTED, SSL_KEY_UPDATE_REQUESTED}) {
            REQUIRE(SSL_key_update(client.get(), asked) == 1);
            REQUIRE(SSL_do_handshake(client.get()) == 1); // sends it alone
            client.write("NOOP\r\n");
            CHECK(client.read() == "NOOP\r\n");
            client.write("AGAIN\r\n");
            CHECK(client.read() == "AGAIN\r\n");
        }
        client.close_notify();
    });
    CHECK(shaken);
}

TEST_CASE("what is sealed gathers until it is sent, and meanwhile nothing is read")
{
    const auto context = context_for(make_certificate());
    auto sockets = unix_sockets();
    fcntl(sockets.ours.get(), F_SETFL, O_NONBLOCK);
    fcntl(sockets.peer.get(), F_SETFL, O_NONBLOCK);
    TlsEnds ends{.socket = sockets.ours.get()};
    const Ssl server(SSL_new(context->get()));
    auto* const bio = bio_of(ends);
    SSL_set_bio(server.get(), bio, bio);
    SSL_set_accept_state(server.get());
    TlsClient client(sockets.peer.get());

    CHECK_FALSE(client.handshake());
    CHECK(SSL_do_handshake(server.get()) < 0);
    CHECK(SSL_get_error(server.get(), -1) == SSL_ERROR_WANT_READ);
    CHECK_FALSE(client.handshake()); // it has heard nothing yet
    send_all(sockets.ours.get(), ends.unsent());
    ends.took(ends.unsent().size());
    CHECK(client.handshake());

    CHECK(SSL_do_handshake(server.get()) == 1);
    CHECK(client.write("QUIT\r\n"));
    const auto ticket = ends.unsent().size();
    CHECK(ticket > 0);
    std::array<char, 10> heard{};
    CHECK(SSL_read(server.get(), heard.data(), heard.size()) <= 0);
    CHECK(SSL_get_error(server.get(), -1) == SSL_ERROR_WANT_READ);
    CHECK(SSL_write(server.get(), "+OK\r\n", 5) == 5);
    SSL_shutdown(server.get());
    CHECK(ends.unsent().size() > ticket + 5);
    CHECK(client.read().empty());
    ERR_clear_error();

    send_all(sockets.ours.get(), ends.unsent().substr(0, 10));
    ends.took(10);
    send_all(sockets.ours.get(), ends.unsent());
    ends.took(ends.unsent().size());
    CHECK(ends.unsent().empty());
    CHECK(client.read() == "+OK\r\n");
    CHECK(SSL_read(server.get(), heard.data(), heard.size()) == 6);
    ERR_clear_error();
}
