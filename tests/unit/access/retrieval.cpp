// Messages of any shape and size: what LIST promises is what RETR sends, and a slow client costs no memory.

#include <random>

#include <doctest/doctest.h>

#include "world.h"

using namespace metka;
using namespace metka::access::test;

namespace {

constexpr auto large_message = 8_MiB;

// Sizes that end near the edges of the blocks in which messages are read and sent.
std::string nasty_message(std::mt19937& random)
{
    constexpr std::string_view alphabet = "..\n\n\r\r\nab\xC4";
    const std::size_t size = random() % 3 * 32 * 1024 + random() % 40;
    std::string message(size, ' ');
    for (auto& byte : message)
        byte = alphabet[random() % alphabet.size()];
    return message;
}

std::string after_first_line(const std::string& answer)
{
    return answer.substr(answer.find("\r\n") + 2);
}

} // namespace

TEST_CASE("LIST tells exactly the octets that RETR sends, and they are the stored message with CRLF")
{
    std::mt19937 random(19960501);
    World world;
    for (int i = 0; i < 60; ++i)
        world.box().add(nasty_message(random));
    Conversation client(world);
    client.log_in();
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < world.box().messages.size(); ++i) {
        const auto number = i + 1;
        CAPTURE(number);
        const auto message =
            without_stuffing(after_first_line(client.say(fmt::format("RETR {}\r\n", number))));
        CHECK(message == with_crlf(world.box().messages[i].text));
        CHECK(client.say(fmt::format("LIST {}\r\n", number)) ==
              fmt::format("+OK {} {}\r\n", number, message.size()));
        sum += message.size();
    }
    CHECK(client.say("STAT\r\n") == fmt::format("+OK 60 {}\r\n", sum));
}

TEST_CASE("TOP with more lines than there are sends what RETR sends")
{
    std::mt19937 random(7);
    World world;
    for (int i = 0; i < 20; ++i)
        world.box().add(nasty_message(random));
    Conversation client(world);
    client.log_in();
    for (int number = 1; number <= 20; ++number) {
        const auto whole = after_first_line(client.say(fmt::format("RETR {}\r\n", number)));
        CHECK(after_first_line(client.say(fmt::format("TOP {} 18446744073709551615\r\n", number))) == whole);
    }
}

TEST_CASE("a client that does not listen is waited for, and little is held for it")
{
    World world;
    world.box().add(std::string(large_message.count, '.'));
    Conversation client(world);
    client.log_in();
    client.say_only("RETR 1\r\nNOOP\r\n");
    CHECK(client.unsent() <= 128 * 1024);
    const auto answer = client.listen();
    CHECK(answer.size() ==
          std::string_view("+OK 8388610 octets\r\n").size() + large_message.count + 1 + 5 + 5);
    CHECK(answer.ends_with(".\r\n.\r\n+OK\r\n"));
}

TEST_CASE("a client that takes nothing for too long is let go, and nothing is deleted")
{
    World world;
    world.limits.sending = std::chrono::milliseconds(0);
    world.box().add(std::string(large_message.count, 'x'));
    Conversation client(world);
    client.log_in();
    client.say_only("DELE 1\r\nRSET\r\nRETR 1\r\nDELE 1\r\nQUIT\r\n");
    client.listen();
    CHECK(client.is_over());
    CHECK(world.box().removed.empty());
}

TEST_CASE("a long list comes whole, and no more of it than the limit")
{
    World world;
    world.limits.messages = 4000;
    for (int i = 0; i < 5000; ++i)
        world.box().add("x\n");
    Conversation client(world);
    client.log_in();
    const auto answer = client.say("UIDL\r\n");
    CHECK(answer.starts_with("+OK the list follows\r\n1 uid-1\r\n"));
    CHECK(answer.ends_with("\r\n4000 uid-4000\r\n.\r\n"));
    CHECK(client.say("STAT\r\n") == "+OK 4000 12000\r\n");
}
