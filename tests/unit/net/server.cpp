#include "core/net/server.h"

#include <stdexcept>
#include <thread>

#include <doctest/doctest.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/net/spawn.h"
#include "tests/unit/net/loop.h"
#include "tests/unit/net/sockets.h"

using namespace metka;
using namespace metka::net;
using namespace std::chrono_literals;

namespace {

constexpr auto too_many = "421 4.7.0 too many\r\n";
constexpr auto too_many_from_peer = "421 4.7.0 too many from you\r\n";

asio::awaitable<void> greet(std::shared_ptr<Channel> channel)
{
    channel->say("220 " + channel->peer() + "\r\n");
    for (;;) {
        const auto reading = co_await channel->read_line(100, 20s);
        if (reading.heard != Heard::line) break;
        if (reading.line.text == "BUG") throw std::runtime_error("a bug");
        channel->say("250 ok\r\n");
    }
    channel->say("421 goodbye\r\n");
    co_await channel->flush(1s);
}

struct House {
    explicit House(ConnectionLimits limits = {})
        : server(loop.executor(), limits, {.too_many = too_many, .too_many_from_peer = too_many_from_peer})
    {
        auto listening = listen_on_loopback();
        port = listening.port;
        server.listen(std::move(listening.socket), "smtp", greet);
    }

    // A client, and the first words it is told.
    std::pair<sys::Descriptor, std::string> visit(const char* address = "127.0.0.1")
    {
        auto socket = connect_from(address, port);
        auto told = hear(socket);
        return {std::move(socket), std::move(told)};
    }

    // The next words a client is told. A busy kernel brings it what was sent a little later.
    std::string hear(const sys::Descriptor& client)
    {
        std::string told;
        loop.until([&] {
            std::array<char, 100> room{};
            const auto got = recv(client.get(), room.data(), room.size(), MSG_DONTWAIT);
            if (got > 0) told.assign(room.data(), static_cast<std::size_t>(got));
            return got > 0;
        });
        return told;
    }

    std::string answer_to_noop(const sys::Descriptor& client)
    {
        send_all(client.get(), "NOOP\r\n");
        return hear(client);
    }

    Loop loop;
    Server server;
    std::uint16_t port = 0;
};

// Says something, until the kernel has it at the other end: then the connection is in the listener's queue.
void arrive(const sys::Descriptor& client)
{
    send_all(client.get(), "NOOP\r\n");
    const auto end = std::chrono::steady_clock::now() + Loop::patience;
    for (int on_its_way = 1; on_its_way != 0; std::this_thread::yield()) {
        REQUIRE(ioctl(client.get(), SIOCOUTQ, &on_its_way) == 0);
        REQUIRE(std::chrono::steady_clock::now() < end);
    }
}

} // namespace

TEST_CASE("a connection is a session that knows its peer, and is forgotten when it ends")
{
    House house;
    {
        const auto [socket, told] = house.visit();
        CHECK(told == "220 127.0.0.1\r\n");
        CHECK(house.server.connections() == 1);
    }
    house.loop.until([&] { return house.server.connections() == 0; });
}

TEST_CASE("one peer has its limit, others still get in, and a place that becomes free is given again")
{
    House house({.total = 10, .per_peer = 2});
    auto first = house.visit();
    const auto second = house.visit();
    const auto third = house.visit();
    CHECK(third.second == too_many_from_peer);
    CHECK(receive_some(third.first.get()).empty());
    CHECK(house.visit("127.0.0.2").second == "220 127.0.0.2\r\n");

    first.first.reset();
    house.loop.until([&] { return house.server.connections() < 2; });
    CHECK(house.visit().second == "220 127.0.0.1\r\n");
}

TEST_CASE("beyond the limit of all together everybody is refused")
{
    House house({.total = 2, .per_peer = 2});
    const auto first = house.visit("127.0.0.1");
    const auto second = house.visit("127.0.0.2");
    CHECK(house.visit("127.0.0.3").second == too_many);
    CHECK(house.server.connections() == 2);
}

TEST_CASE("who is refused hears a receipt code, the same as long as its network goes on")
{
    Loop loop;
    int signed_so_far = 0;
    const auto sign = [&](std::string_view words, std::string_view listener, std::string_view peer) {
        const auto receipt = fmt::format("{}-{}-{}", ++signed_so_far, listener, peer);
        return Refusals::Receipted{.words = fmt::format("{} [{}]", words.substr(0, 3), receipt),
                                   .receipt = receipt};
    };
    Server server(loop.executor(), {.total = 1, .per_peer = 1},
                  {.too_many = too_many, .too_many_from_peer = too_many_from_peer, .sign = sign});
    auto listening = listen_on_loopback();
    server.listen(std::move(listening.socket), "smtp", greet);
    const auto hear = [&](const sys::Descriptor& client) {
        std::string told;
        loop.until([&] {
            std::array<char, 100> room{};
            const auto got = recv(client.get(), room.data(), room.size(), MSG_DONTWAIT);
            if (got > 0) told.assign(room.data(), static_cast<std::size_t>(got));
            return got >= 0;
        });
        return told;
    };
    const auto inside = connect_from("127.0.0.1", listening.port);
    CHECK(hear(inside).starts_with("220"));
    for (const auto* const address : {"127.0.0.2", "127.0.0.3"})
        CHECK(hear(connect_from(address, listening.port)) == "421 [1-smtp-127.0.0.2]");
    CHECK(hear(connect_from("127.0.1.2", listening.port)) == "421 [2-smtp-127.0.1.2]");
}

TEST_CASE("when it is crowded the oldest says goodbye, and the newcomer is served in its place")
{
    House house({.total = 10, .per_peer = 10});
    std::vector<sys::Descriptor> clients;
    for (int i = 0; i < 9; ++i)
        clients.push_back(house.visit().first);
    CHECK(house.visit("127.0.0.2").second == "220 127.0.0.2\r\n");
    house.loop.until([&] { return house.server.connections() == 9; });
    CHECK(receive_until_closed(clients.front().get()) == "421 goodbye\r\n");
    CHECK(house.answer_to_noop(clients.back()) == "250 ok\r\n");
}

TEST_CASE("an exception in a session ends that session alone, and is counted")
{
    House house;
    const auto before = escaped_exceptions();
    const auto good = house.visit();
    const auto bad = house.visit();
    send_all(bad.first.get(), "BUG\r\n");
    house.loop.until([&] { return house.server.connections() == 1; });
    CHECK(escaped_exceptions() == before + 1);
    CHECK(receive_some(bad.first.get()).empty());
    CHECK(house.answer_to_noop(good.first) == "250 ok\r\n");
    CHECK(house.visit().second == "220 127.0.0.1\r\n");
}

TEST_CASE("a drain without sessions is done at once")
{
    House house;
    bool done = false;
    house.server.drain([&] { done = true; });
    CHECK(done);
}

TEST_CASE("a drain closes the listeners, tells every session, and is done after the last")
{
    House house;
    const auto one = house.visit();
    const auto other = house.visit();
    int done = 0;
    house.server.drain([&] { ++done; });
    CHECK(done == 0);
    house.loop.until([&] { return done > 0; });
    CHECK(house.server.connections() == 0);
    CHECK(receive_until_closed(one.first.get()) == "421 goodbye\r\n");
    CHECK(receive_until_closed(other.first.get()) == "421 goodbye\r\n");
    const sys::Descriptor late(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    house.loop.settle();
    CHECK(done == 1);
    CHECK(house.server.connections() == 0);
}

TEST_CASE("a drain in good time lets sessions go on, and one at once after it ends them")
{
    House house;
    const auto one = house.visit();
    int done = 0;
    house.server.drain([&] { ++done; }, Pace::in_good_time);
    house.loop.settle();
    CHECK(done == 0);
    CHECK(house.server.connections() == 1);
    house.server.drain([&] { ++done; });
    house.loop.until([&] { return done > 0; });
    CHECK(receive_until_closed(one.first.get()) == "421 goodbye\r\n");
    CHECK(done == 1);
}

TEST_CASE("a listener is known by name and address, and there is one of each")
{
    House house;
    auto more = listen_on_loopback();
    const auto same = house.server.listen(more.socket.duplicate(), "smtp", greet);
    REQUIRE_FALSE(same);
    CHECK(same.error().fault == Fault::conflict);
    CHECK(house.server.listen(more.socket.duplicate(), "smtp", greet, "127.0.0.1:25"));
    CHECK(house.server.listen(more.socket.duplicate(), "submission", greet, "127.0.0.1:25"));
    for (const auto* const address : {"127.0.0.1:26", "127.0.0.1"}) {
        const auto unknown = house.server.stop_listening("smtp", address);
        REQUIRE_FALSE(unknown);
        CHECK(unknown.error().fault == Fault::not_found);
    }
    CHECK(house.visit().second == "220 127.0.0.1\r\n");
}

TEST_CASE("who waits at a listener that goes is served, later ones are not, and sessions go on")
{
    House house;
    const auto before = house.visit();
    const auto waiting = connect_from("127.0.0.1", house.port);
    const auto waiting_too = connect_from("127.0.0.2", house.port);
    arrive(waiting);
    arrive(waiting_too);
    REQUIRE(house.server.stop_listening("smtp", ""));
    CHECK(house.server.connections() == 3);
    CHECK(house.hear(waiting).starts_with("220 127.0.0.1\r\n"));
    CHECK(house.hear(waiting_too).starts_with("220 127.0.0.2\r\n"));

    const sys::Descriptor late(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(house.port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    CHECK(connect(late.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0);
    CHECK(house.answer_to_noop(before.first) == "250 ok\r\n");

    CHECK_FALSE(house.server.stop_listening("smtp", ""));
    auto again = listen_on_loopback();
    REQUIRE(house.server.listen(std::move(again.socket), "smtp", greet));
    house.port = again.port;
    CHECK(house.visit().second == "220 127.0.0.1\r\n");
}

TEST_CASE("new limits are for new connections, and end none")
{
    House house({.total = 10, .per_peer = 2});
    const auto first = house.visit();
    const auto second = house.visit();
    house.server.limit({.total = 10, .per_peer = 1});
    CHECK(house.server.connections() == 2);
    const auto third = house.visit("127.0.0.2");
    CHECK(third.second == "220 127.0.0.2\r\n");
    CHECK(house.visit("127.0.0.2").second == too_many_from_peer);
    house.server.limit({.total = 10, .per_peer = 3});
    CHECK(house.visit().second == "220 127.0.0.1\r\n");
}

// UBSan looks whether an object's memory is there by making a pipe, and takes a process without descriptors
// for a bug.
#ifndef METKA_SANITIZED

namespace {

// In a process of its own: the limit is the process's.
bool accepts_again_after_running_out()
{
    House house;
    const auto client = connect_from("127.0.0.1", house.port);
    rlimit before{};
    getrlimit(RLIMIT_NOFILE, &before);
    const sys::Descriptor lowest_free(dup(0));
    const rlimit none{.rlim_cur = static_cast<rlim_t>(lowest_free.get()), .rlim_max = before.rlim_max};
    setrlimit(RLIMIT_NOFILE, &none);
    house.loop.settle();
    if (house.server.connections() != 0) return false;
    setrlimit(RLIMIT_NOFILE, &before);
    house.loop.until([&] { return house.server.connections() == 1; });
    return receive_some(client.get()) == "220 127.0.0.1\r\n";
}

} // namespace

TEST_CASE("a listener out of descriptors pauses, and takes the waiting connection when there are some again")
{
    const auto child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        bool good = false;
        try {
            good = accepts_again_after_running_out();
        } catch (...) {
        }
        _exit(good ? 0 : 1);
    }
    int status = 0;
    REQUIRE(waitpid(child, &status, 0) == child);
    CHECK(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 0);
}

#endif
