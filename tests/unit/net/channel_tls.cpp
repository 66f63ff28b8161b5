#include <thread>

#include <doctest/doctest.h>
#include <poll.h>
#include <sys/socket.h>

#include "core/net/channel.h"
#include "core/net/client_hello.h"
#include "tests/unit/net/loop.h"
#include "tests/unit/net/sockets.h"

using namespace metka;
using namespace metka::net;
using namespace std::chrono_literals;

namespace {

const Pem& certificate()
{
    static const Pem made = make_certificate();
    return made;
}

struct Served {
    bool shaken = false;
    std::string summary;
    Heard last = Heard::line;
    std::string heard; // every line, then what is left
};

// STARTTLS as a session does it, then an echo until the client goes. `patience` is for what follows STARTTLS.
asio::awaitable<Served> serve(Channel& channel, std::shared_ptr<TlsContext> context,
                              std::chrono::milliseconds patience = 20s)
{
    Served served;
    co_await channel.read_line(100, 20s);
    channel.say("220 ready\r\n");
    served.shaken = co_await channel.start_tls(*context, patience);
    if (!served.shaken) co_return served;
    served.summary = channel.tls_summary();
    for (;;) {
        const auto reading = co_await channel.read_line(100, patience);
        served.last = reading.heard;
        if (reading.heard != Heard::line) break;
        served.heard += std::string(reading.line.text) + "|";
        channel.say("250 " + std::string(reading.line.text) + "\r\n");
    }
    served.heard += channel.buffered();
    co_return served;
}

// Runs the server here and the client in a thread.
Served meet(const std::function<void(int socket)>& client, std::chrono::milliseconds patience = 20s)
{
    auto sockets = tcp_sockets();
    Loop loop;
    auto channel = std::make_unique<Channel>(loop.executor(), std::move(sockets.ours), "192.0.2.1");
    std::thread thread([&] {
        client(sockets.peer.get());
        sockets.peer.reset();
    });
    const auto served = loop.run(serve(*channel, context_for(certificate()), patience));
    channel.reset();
    thread.join();
    return served;
}

void start_tls(int socket)
{
    send_all(socket, "STARTTLS\r\n");
    CHECK(receive_some(socket) == "220 ready\r\n");
}

} // namespace

TEST_CASE("a session goes on under TLS on the same socket, and knows it")
{
    std::string reply;
    const auto served = meet([&](int socket) {
        start_tls(socket);
        TlsClient client(socket);
        REQUIRE(client.handshake());
        client.write("EHLO a\r\n");
        reply = client.read();
        client.close_notify();
    });
    CHECK(served.shaken);
    CHECK(served.summary.starts_with("TLSv1.3 TLS_"));
    CHECK(served.heard == "EHLO a|");
    CHECK(served.last == Heard::closed);
    CHECK(reply == "250 EHLO a\r\n");
}

TEST_CASE("lines under TLS may come byte by byte, and many in one record")
{
    const auto served = meet([](int socket) {
        start_tls(socket);
        TlsClient client(socket);
        REQUIRE(client.handshake());
        for (const char c : std::string("NOOP\r\n"))
            client.write({&c, 1});
        client.write("A\r\nB\r\nC\r\n");
        client.write("D\r\n");
        for (std::string told; !told.ends_with("250 D\r\n");)
            told += client.read();
        client.close_notify();
    });
    CHECK(served.heard == "NOOP|A|B|C|D|");
}

TEST_CASE("what stands behind STARTTLS in the clear is not taken over, buffered or not")
{
    const auto buffered =
        meet([](int socket) { send_all(socket, "STARTTLS\r\nMAIL FROM:<eve@example.org>\r\n"); });
    CHECK_FALSE(buffered.shaken);
    CHECK(buffered.heard.empty());

    const auto on_its_way = meet([](int socket) {
        start_tls(socket);
        send_all(socket, "MAIL FROM:<eve@example.org>\r\n");
        TlsClient client(socket);
        CHECK_FALSE(client.handshake());
    });
    CHECK_FALSE(on_its_way.shaken);
    CHECK(on_its_way.heard.empty());
}

TEST_CASE("the end of TLS is the end of the connection: what follows in the clear is never read")
{
    const auto served = meet([](int socket) {
        start_tls(socket);
        TlsClient client(socket);
        REQUIRE(client.handshake());
        client.write("NOOP\r\n");
        CHECK(client.read() == "250 NOOP\r\n");
        client.close_notify();
        send_all(socket, "MAIL FROM:<eve@example.org>\r\n");
    });
    CHECK(served.heard == "NOOP|");
    CHECK(served.last == Heard::closed);
}

TEST_CASE("bytes in the clear between two records end the connection")
{
    const auto served = meet([](int socket) {
        start_tls(socket);
        TlsClient client(socket);
        REQUIRE(client.handshake());
        client.write("NOOP\r\n");
        CHECK(client.read() == "250 NOOP\r\n");
        send_all(socket, "MAIL FROM:<eve@example.org>\r\n");
        CHECK(client.read().empty());
    });
    CHECK(served.heard == "NOOP|");
    CHECK(served.last == Heard::closed);
}

TEST_CASE("a client that goes without a word, in the handshake or after it, is a closed connection")
{
    const auto after = meet([](int socket) {
        start_tls(socket);
        TlsClient client(socket);
        REQUIRE(client.handshake());
        client.write("QUI");
    });
    CHECK(after.shaken);
    CHECK(after.last == Heard::closed);
    const auto within = meet([](int socket) {
        start_tls(socket);
        send_all(socket, "\x16\x03\x01");
    });
    CHECK_FALSE(within.shaken);
}

TEST_CASE("a handshake that does not end is given up at its limit")
{
    const auto served = meet(
        [](int socket) {
            start_tls(socket);
            send_all(socket, "\x16\x03\x01");
            CHECK(receive_some(socket).empty());
        },
        std::chrono::milliseconds(30));
    CHECK_FALSE(served.shaken);
}

TEST_CASE("a handshake that comes byte by byte is shaken all the same, and one that breaks off in its first "
          "record is not")
{
    const auto dripped = meet([](int socket) {
        start_tls(socket);
        // The client's first flight, caught on the way and sent on in drops.
        auto between = unix_sockets();
        std::thread client([&] {
            TlsClient inner(between.peer.get());
            CHECK_FALSE(inner.handshake()); // what answers it is not passed back
        });
        const auto hello = receive_some(between.ours.get());
        between.ours.reset();
        client.join();
        for (const char byte : hello.substr(0, 20))
            send_all(socket, std::string_view(&byte, 1));
        send_all(socket, std::string_view(hello).substr(20));
        CHECK(receive_some(socket).starts_with("\x16\x03\x03")); // the ServerHello
    });
    CHECK_FALSE(dripped.shaken);
    for (const auto* const head : {"\x16", "\x16\x03\x01\x40", "GET / HTTP/1.1\r\n"}) {
        const auto broken = meet([head](int socket) {
            start_tls(socket);
            send_all(socket, head);
            shutdown(socket, SHUT_WR);
        });
        CHECK_FALSE(broken.shaken);
    }
}

TEST_CASE(
    "what TLS has to wait for is told by the first record alone, and a peer that has gone is not waited for")
{
    auto sockets = tcp_sockets();
    const int ours = sockets.ours.get();
    pollfd waited{.fd = ours, .events = POLLIN, .revents = 0};
    {
        FirstRecord first(ours);
        CHECK_FALSE(first.is_whole());
        send_all(sockets.peer.get(), std::string("\x16\x03\x01\x00", 4));
        CHECK(poll(&waited, 1, 20'000) == 1);
        CHECK_FALSE(first.is_whole());
        CHECK(poll(&waited, 1, 0) == 0); // four bytes wake nobody who needs five
        send_all(sockets.peer.get(), "\x20");
        CHECK(poll(&waited, 1, 20'000) == 1);
        CHECK_FALSE(first.is_whole());
        CHECK(poll(&waited, 1, 0) == 0);
        send_all(sockets.peer.get(), std::string(31, 'h'));
        CHECK_FALSE(first.is_whole());
        CHECK(poll(&waited, 1, 0) == 0);
        shutdown(sockets.peer.get(), SHUT_WR);
        CHECK(poll(&waited, 1, 20'000) == 1);
        CHECK(first.is_whole());
    }

    auto other = tcp_sockets();
    FirstRecord words(other.ours.get());
    CHECK_FALSE(words.is_whole());
    send_all(other.peer.get(), "G");
    waited.fd = other.ours.get();
    CHECK(poll(&waited, 1, 20'000) == 1);
    CHECK(words.is_whole());

    auto local = unix_sockets(); // it wakes its reader for any byte
    FirstRecord begun(local.ours.get());
    CHECK_FALSE(begun.is_whole());
    send_all(local.peer.get(), "\x16");
    CHECK(begun.is_whole());
}

TEST_CASE("a socket wakes its reader for any byte once its first record has been looked at")
{
    auto sockets = tcp_sockets();
    pollfd waited{.fd = sockets.ours.get(), .events = POLLIN, .revents = 0};
    send_all(sockets.peer.get(), "\x16");
    CHECK(poll(&waited, 1, 20'000) == 1);
    {
        FirstRecord first(sockets.ours.get());
        CHECK_FALSE(first.is_whole());
        CHECK(poll(&waited, 1, 0) == 0);
    }
    CHECK(poll(&waited, 1, 0) == 1);
}

namespace {

asio::awaitable<bool> send_much(Channel& channel, std::shared_ptr<TlsContext> context,
                                const std::string& message)
{
    const bool shaken = co_await channel.start_tls(*context, 20s);
    if (!shaken) co_return false;
    channel.say(message);
    const bool sent = co_await channel.flush(20s);
    co_await channel.close();
    co_return sent;
}

} // namespace

TEST_CASE("a megabyte goes whole to a client that reads slowly, and then a goodbye in order")
{
    std::string message;
    for (int i = 0; message.size() < (1 << 20); ++i)
        message += std::to_string(i);
    auto sockets = tcp_sockets();
    Loop loop;
    Channel channel(loop.executor(), std::move(sockets.ours), "192.0.2.1");
    std::string got;
    bool in_order = false;
    std::thread thread([&] {
        TlsClient client(sockets.peer.get());
        REQUIRE(client.handshake());
        for (;;) {
            const auto more = client.read();
            if (more.empty()) break;
            got += more;
        }
        in_order = (SSL_get_shutdown(client.get()) & SSL_RECEIVED_SHUTDOWN) != 0;
        sockets.peer.reset();
    });
    CHECK(loop.run(send_much(channel, context_for(certificate()), message)));
    thread.join();
    CHECK(got == message);
    CHECK(in_order);
}

TEST_CASE("a client's wish to negotiate anew is refused")
{
    const auto served = meet([](int socket) {
        start_tls(socket);
        TlsClient client(socket, TLS1_2_VERSION);
        REQUIRE(client.handshake());
        client.write("NOOP\r\n");
        CHECK(client.read() == "250 NOOP\r\n");
        SSL_renegotiate(client.get());
        CHECK((SSL_do_handshake(client.get()) != 1 || SSL_read(client.get(), nullptr, 0) < 0));
    });
    CHECK(served.summary.starts_with("TLSv1.2 ECDHE-"));
    CHECK(served.heard == "NOOP|");
}
