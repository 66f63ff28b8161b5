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

TEST_CASE("what meets at the edge of two blocks is sent as it is anywhere else")
{
    constexpr std::size_t block = std::size_t{64} * 1024;
    const std::vector<std::pair<std::string, std::string>> meetings{{"\r", "\nnext"},
                                                                    {"\r\n", ".dot"},
                                                                    {"\n", ".\n"},
                                                                    {"\n.", ".\n"},
                                                                    {".", "\n.\n"},
                                                                    {"\r", "\r\n.a"},
                                                                    {"\n\n", "\n\n."},
                                                                    {"\r", std::string()},
                                                                    {"\n", ""},
                                                                    {"\n.", ""},
                                                                    {"no end", ""},
                                                                    {"\xC4\x85", "\xFF\n"},
                                                                    {{'\0'}, {'\0', '\n', '.'}}};
    World world;
    for (const auto& [before, after] : meetings)
        world.box().add(std::string(block - before.size(), 'x').append(before).append(after));
    Conversation client(world);
    client.log_in();
    for (std::size_t i = 0; i < meetings.size(); ++i) {
        CAPTURE(i);
        const auto answer = client.say(fmt::format("RETR {}\r\n", i + 1));
        const auto expected = with_crlf(world.box().messages[i].text);
        CHECK(answer.starts_with(fmt::format("+OK {} octets\r\n", expected.size())));
        CHECK(without_stuffing(after_first_line(answer)) == expected);
    }
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

TEST_CASE("a message that changes while it is sent breaks off without the final dot")
{
    const std::string line = std::string(60, 'x') + "\n";
    std::string listed;
    while (listed.size() < 200'000)
        listed += line;
    for (const auto& now :
         {std::string(), std::string("x"), listed.substr(0, 65'536), listed.substr(0, 100'000),
          listed.substr(0, listed.size() - 2), listed + "x", listed + line, listed + listed + listed}) {
        CAPTURE(now.size());
        for (const auto* const command : {"RETR 1\r\n", "TOP 1 1000000\r\n"}) {
            World world;
            world.box().add(listed);
            world.box().becomes = now;
            Conversation client(world);
            client.log_in();
            const auto answer = client.say(fmt::format("DELE 2\r\n{}QUIT\r\n", command));
            CHECK_FALSE(answer.ends_with(".\r\n"));
            CHECK_FALSE(answer.contains("goodbye"));
            CHECK(client.is_over());
        }
    }
}

TEST_CASE("the top of a message that changes below it is sent")
{
    World world;
    world.box().add("Subject: a\n\none\ntwo\n");
    world.box().becomes = "Subject: a\n\none\nthree, and more\n";
    Conversation client(world);
    client.log_in();
    CHECK(client.say("TOP 1 1\r\n").ends_with("Subject: a\r\n\r\none\r\n.\r\n"));
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

TEST_CASE("a long list comes whole, however many parts the store gives it in, and without what is marked")
{
    World world;
    for (int i = 0; i < 5000; ++i)
        world.box().add("x\n");
    world.box().uids_at_once = 999;
    Conversation client(world);
    client.log_in();
    CHECK(client.say("DELE 1000\r\n") == "+OK deleted when you QUIT\r\n");
    const auto answer = client.say("UIDL\r\n");
    CHECK(answer.starts_with("+OK the list follows\r\n1 uid-1\r\n"));
    CHECK(answer.contains("\r\n999 uid-999\r\n1001 uid-1001\r\n"));
    CHECK(answer.ends_with("\r\n5000 uid-5000\r\n.\r\n"));
    CHECK(std::ranges::count(answer, '\n') == 4999 + 2);
    CHECK(client.say("UIDL 5000\r\n") == "+OK 5000 uid-5000\r\n");
    CHECK(client.say("STAT\r\n") == "+OK 4999 14997\r\n");
}

TEST_CASE("a list that cannot be had to its end is not ended")
{
    World world;
    for (int i = 0; i < 10; ++i)
        world.box().add("x\n");
    world.box().uids_at_once = 4;
    world.box().uids_fault = Fault::unavailable;
    world.box().uids_had = 4;
    Conversation client(world);
    client.log_in();
    const auto answer = client.say("UIDL\r\n");
    CHECK(answer.ends_with("\r\n4 uid-4\r\n"));
    CHECK(client.is_over());
}

TEST_CASE("what the store cannot say now is said so, and the session goes on")
{
    World world;
    world.box().add("x\n");
    world.box().octets_fault = world.box().uids_fault = Fault::unavailable;
    Conversation client(world);
    client.log_in();
    constexpr std::string_view later = "-ERR [SYS/TEMP] the message cannot be read now, try again later\r\n";
    for (const auto* command : {"LIST\r\n", "LIST 1\r\n", "UIDL\r\n", "UIDL 1\r\n", "DELE 1\r\n"})
        CHECK(client.say(command) == later);
    CHECK(client.say("STAT\r\n") == "+OK 1 3\r\n");
    world.box().octets_fault = world.box().uids_fault = std::nullopt;
    CHECK(client.say("LIST 1\r\n") == "+OK 1 3\r\n");
}

TEST_CASE("a message that another program took meanwhile is told so, and the others are as they were")
{
    World world;
    for (const auto* text : {"one\n", "two\n", "three\n"})
        world.box().add(text);
    Conversation client(world);
    client.log_in();
    std::erase_if(world.box().messages, [](const Stored& each) { return each.name == "2"; });
    CHECK(client.say("RETR 2\r\n") == "-ERR this message is no longer there\r\n");
    CHECK(client.say("RETR 3\r\n").contains("three\r\n"));
    CHECK(client.say("LIST 2\r\n") == "+OK 2 5\r\n");
    CHECK(client.say("DELE 2\r\n") == "+OK deleted when you QUIT\r\n");
}

TEST_CASE("QUIT says so when one of the messages could not be removed, and the rest is gone")
{
    World world;
    for (const auto* text : {"one\n", "two\n", "three\n"})
        world.box().add(text);
    world.box().immovable.insert("2");
    Conversation client(world);
    client.log_in();
    client.say("DELE 1\r\nDELE 2\r\nDELE 3\r\n");
    CHECK(client.say("QUIT\r\n") ==
          "-ERR [SYS/TEMP] 1 of 3 deleted messages could not be removed and are still there\r\n");
    CHECK(world.box().removed == std::vector<std::string>{"1", "3"});
}
