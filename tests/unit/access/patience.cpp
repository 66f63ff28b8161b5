// Clients who take their time: over what they say, over what they are sent, over the session as a whole.

#include <algorithm>
#include <array>

#include <doctest/doctest.h>
#include <sys/socket.h>

#include "daemon/access/taking.h"
#include "world.h"

using namespace metka;
using namespace metka::access::test;
using namespace std::chrono_literals;
using access::AccessLimits;
using access::Taking;

TEST_CASE("an answer is taken at a rate, once the patience of one wait has been used up")
{
    AccessLimits limits;
    limits.sending = 5min;
    limits.slowest_rate = Bytes{100};
    Taking dripping(limits);
    CHECK(dripping.patience() == 5min);
    dripping.note(3'000, 1min); // half of the rate
    CHECK(dripping.patience() == 4min + 30s);
    for (int i = 0; i < 20; ++i)
        dripping.note(3'000, 1min);
    CHECK(dripping.patience() == 0ms);

    Taking steady(limits);
    for (int i = 0; i < 1'000; ++i)
        steady.note(6'000, 1min);
    CHECK(steady.patience() == 5min);
}

TEST_CASE("who took much at once has not earned the right to stand still")
{
    AccessLimits limits;
    limits.sending = 1min;
    limits.slowest_rate = Bytes{1};
    Taking fast(limits);
    fast.note(SIZE_MAX, 1ms);
    CHECK(fast.patience() == 1min);
    fast.note(0, 1min);
    CHECK(fast.patience() == 0ms);
}

TEST_CASE("a session that is busy without end ends, and deletes nothing")
{
    World world;
    world.limits.session = 0ms;
    world.box().add("Subject: a\n\nb\n");
    Conversation client(world);
    CHECK(client.say("USER biuro@moja-firma.lublin.pl\r\nPASS sekret-biuro\r\nDELE 1\r\nNOOP\r\n")
              .find("goodbye") == std::string::npos);
    CHECK(client.is_over());
    CHECK(world.box().removed.empty());
    CHECK_FALSE(world.box().in_use);
}

TEST_CASE("a flood of commands whose answers are read slowly is held to little memory, in every state")
{
    std::string flood;
    for (int i = 0; i < 10'000; ++i)
        flood += "CAPA\r\n";
    World world;
    Conversation client(world);
    client.listen();
    SUBCASE("before the log-in") {}
    SUBCASE("after it")
    {
        client.log_in();
    }
    const auto socket = client.take_client();
    REQUIRE(send(socket.get(), flood.data(), flood.size(), MSG_NOSIGNAL) ==
            static_cast<ssize_t>(flood.size()));
    std::size_t most = 0;
    std::size_t answers = 0;
    std::array<char, 3000> block{};
    for (ssize_t got = 1; got > 0;) {
        client.work();
        most = std::max(most, client.unsent());
        got = recv(socket.get(), block.data(), block.size(), 0);
        answers +=
            static_cast<std::size_t>(std::count(block.data(), block.data() + std::max<ssize_t>(got, 0), '+'));
    }
    CHECK(answers == 10'000);
    CHECK(most > 16 * 1024);
    CHECK(most <= 33 * 1024);
}

TEST_CASE("a client that takes long over one message is not silent: the store hears of it meanwhile")
{
    World world;
    world.box().add(std::string(8'000'000, 'x'));
    Conversation client(world);
    client.log_in();
    client.say_only("RETR 1\r\n");
    SUBCASE("and the inbox is still its own")
    {
        world.passed += std::chrono::minutes(1);
        CHECK(client.listen().ends_with("xxx\r\n.\r\n"));
        CHECK(client.say("NOOP\r\n") == "+OK\r\n");
    }
    SUBCASE("and the inbox was lost all the same: no message that is half there looks whole")
    {
        world.box().uids_fault = Fault::conflict;
        world.passed += std::chrono::minutes(1);
        CHECK_FALSE(client.listen().ends_with(".\r\n"));
        CHECK(client.is_over());
    }
}

TEST_CASE("a line without an end takes no memory, and is refused once it ends")
{
    World world;
    Conversation client(world);
    client.listen();
    for (int i = 0; i < 500; ++i)
        CHECK(client.say(std::string(8192, 'A')).empty());
    CHECK(client.say("\r\n") == "-ERR line too long\r\n");
    CHECK(client.say("QUIT\r\n") == "+OK goodbye\r\n");
}
