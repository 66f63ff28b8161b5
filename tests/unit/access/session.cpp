// Every command in every state, and what a connection's end leaves behind.

#include <vector>

#include <doctest/doctest.h>

#include "world.h"

using namespace metka;
using namespace metka::access::test;
using namespace std::string_literals;

namespace {

World with_three_messages()
{
    World world;
    world.box().add("Subject: one\n\nfirst\n");     // 23 octets
    world.box().add("Subject: two\n\n.dots\n..\n"); // 27
    world.box().add("Subject: three\n\nno end");    // 26
    return world;
}

struct Row {
    std::string_view line;
    std::string_view clear; // on 110 before STLS
    std::string_view fresh; // under TLS, before USER and after it but for PASS
    std::string_view logged_in;
};

constexpr std::string_view clear = "-ERR [AUTH] no passwords in the clear: STLS comes first\r\n";
constexpr std::string_view first = "-ERR log in first\r\n";
constexpr std::string_view already = "-ERR logged in already\r\n";
constexpr std::string_view unknown = "-ERR unknown command\r\n";
constexpr std::string_view arguments = "-ERR wrong arguments for this command\r\n";
constexpr std::string_view number = "-ERR a number of 1 or more was expected\r\n";
constexpr std::string_view foreign = "-ERR this is a POP3 server\r\n";
constexpr std::string_view not_this = "-ERR no such message\r\n";
constexpr std::string_view please = "+OK the password, please\r\n";
constexpr std::string_view broken = "-ERR this is no response of the mechanism PLAIN\r\n";
constexpr std::string_view there = "-ERR TLS is there already\r\n";
constexpr std::string_view bye = "+OK goodbye\r\n";

const std::vector<Row> rows{
    {"CAPA", "+OK\r\nTOP\r\n", "+OK\r\nTOP\r\n", "+OK\r\nTOP\r\n"},
    {"STLS", "+OK begin TLS\r\n", there, already},
    {"UTF8", first, "+OK UTF-8\r\n", already},
    {"USER biuro@moja-firma.lublin.pl", clear, please, already},
    {"PASS sekret-biuro", clear, "-ERR USER comes before PASS\r\n", already},
    {"AUTH", clear, "+OK\r\nPLAIN\r\n.\r\n", already},
    {"AUTH PLAIN AAAA", clear, broken, already},
    {"AUTH LOGIN", clear, "-ERR PLAIN is the only mechanism here\r\n", already},
    {"STAT", first, first, "+OK 3 76\r\n"},
    {"LIST", first, first, "+OK the list follows\r\n1 23\r\n2 27\r\n3 26\r\n.\r\n"},
    {"LIST 2", first, first, "+OK 2 27\r\n"},
    {"LIST 4", first, first, not_this},
    {"UIDL", first, first, "+OK the list follows\r\n1 uid-1\r\n2 uid-2\r\n3 uid-3\r\n.\r\n"},
    {"UIDL 3", first, first, "+OK 3 uid-3\r\n"},
    {"UIDL 18446744073709551615", first, first, not_this},
    {"TOP 1 0", first, first, "+OK the top of the message follows\r\nSubject: one\r\n\r\n.\r\n"},
    {"TOP 2 1", first, first, "+OK the top of the message follows\r\nSubject: two\r\n\r\n..dots\r\n.\r\n"},
    {"TOP 3 9", first, first, "+OK the top of the message follows\r\nSubject: three\r\n\r\nno end\r\n.\r\n"},
    {"TOP 4 0", first, first, not_this},
    {"RETR 1", first, first, "+OK 23 octets\r\nSubject: one\r\n\r\nfirst\r\n.\r\n"},
    {"RETR 2", first, first, "+OK 27 octets\r\nSubject: two\r\n\r\n..dots\r\n...\r\n.\r\n"},
    {"RETR 3", first, first, "+OK 26 octets\r\nSubject: three\r\n\r\nno end\r\n.\r\n"},
    {"RETR 0", number, number, number},
    {"RETR 4", first, first, not_this},
    {"DELE 4", first, first, not_this},
    {"DELE 1", first, first, "+OK deleted when you QUIT\r\n"},
    {"RSET", first, first, "+OK\r\n"},
    {"NOOP", first, first, "+OK\r\n"},
    {"APOP biuro c4c9334bac560ecc979e58001b3e22fb", unknown, unknown, unknown},
    {"LANG pl", unknown, unknown, unknown},
    {"LIST 1 1", arguments, arguments, arguments},
    {"STLS now", arguments, arguments, arguments},
    {"PASS \xFF", "-ERR names and passwords are UTF-8\r\n", "-ERR names and passwords are UTF-8\r\n",
     "-ERR names and passwords are UTF-8\r\n"},
    {"", unknown, unknown, unknown},
    {"GET / HTTP/1.1", foreign, foreign, foreign},
    {"EHLO klient", foreign, foreign, foreign},
    {"QUIT", bye, bye, bye},
};

// CAPA differs from state to state; tests/dialogues/pop3 has it whole.
void check_answer(const Row& row, std::string_view answer, std::string_view wanted)
{
    CHECK(answer.starts_with(wanted));
    if (row.line != "CAPA") CHECK(answer == wanted);
}

} // namespace

TEST_CASE("every command is answered in the state where it belongs and refused in the others")
{
    for (const auto& row : rows) {
        CAPTURE(row.line);
        auto world = with_three_messages();
        const auto line = std::string(row.line) + "\r\n";
        Conversation in_the_clear(world, Line::clear);
        in_the_clear.listen();
        check_answer(row, in_the_clear.say(line), row.clear);
        Conversation fresh(world);
        fresh.listen();
        check_answer(row, fresh.say(line), row.fresh);
        Conversation named(world);
        named.listen();
        named.say("USER biuro@moja-firma.lublin.pl\r\n");
        if (!row.line.starts_with("PASS s")) check_answer(row, named.say(line), row.fresh);
        Conversation logged_in(world);
        logged_in.log_in();
        check_answer(row, logged_in.say(line), row.logged_in);

        const bool ends = row.line == "QUIT" || row.logged_in == foreign;
        for (const auto* const session : {&in_the_clear, &fresh, &named, &logged_in})
            CHECK(session->is_over() == ends);
    }
}

TEST_CASE("commands sent in one packet are answered as those sent a byte at a time")
{
    std::string all;
    for (const auto& row : rows)
        if (row.logged_in != foreign) all += std::string(row.line) + "\r\n";
    auto world = with_three_messages();
    std::string whole, bytes;
    {
        Conversation client(world);
        client.log_in();
        whole = client.say(all);
    }
    world = with_three_messages();
    {
        Conversation client(world);
        client.log_in();
        for (const char byte : all)
            bytes += client.say({&byte, 1});
    }
    CHECK(whole == bytes);
    CHECK(whole.ends_with("+OK goodbye\r\n"));
}

TEST_CASE("a deleted message is gone from every answer at once, and from the inbox at QUIT")
{
    auto world = with_three_messages();
    Conversation client(world);
    client.log_in();
    client.say("DELE 2\r\n");
    CHECK(client.say("STAT\r\n") == "+OK 2 49\r\n");
    CHECK(client.say("LIST\r\n") == "+OK the list follows\r\n1 23\r\n3 26\r\n.\r\n");
    CHECK(client.say("RETR 2\r\n") == "-ERR no such message\r\n");
    CHECK(client.say("DELE 2\r\n") == "-ERR no such message\r\n");
    CHECK(world.box().removed.empty());
    CHECK(client.say("QUIT\r\n") == "+OK goodbye\r\n");
    CHECK(client.is_over());
    CHECK(world.box().removed == std::vector<std::string>{"2"});
    CHECK_FALSE(world.box().in_use);
}

TEST_CASE("RSET takes every deletion back")
{
    auto world = with_three_messages();
    Conversation client(world);
    client.log_in();
    CHECK(client.say("DELE 1\r\nDELE 3\r\nRSET\r\nSTAT\r\nQUIT\r\n")
              .ends_with("+OK\r\n+OK 3 76\r\n+OK goodbye\r\n"));
    CHECK(world.box().removed.empty());
}

TEST_CASE("a connection that ends without QUIT deletes nothing and frees the inbox")
{
    auto world = with_three_messages();
    SUBCASE("it is dropped")
    {
        Conversation client(world);
        client.log_in();
        client.say("DELE 1\r\n");
        client.hang_up();
    }
    SUBCASE("it is dropped within the word QUIT")
    {
        Conversation client(world);
        client.log_in();
        client.say("DELE 1\r\nQUIT\r");
        client.hang_up();
    }
    SUBCASE("it falls silent")
    {
        world.limits.idle = std::chrono::milliseconds(0);
        Conversation client(world);
        client.say("USER biuro@moja-firma.lublin.pl\r\nPASS sekret-biuro\r\nDELE 1\r\n");
        CHECK(client.is_over());
    }
    SUBCASE("it is drained")
    {
        Conversation client(world);
        client.log_in();
        client.say("DELE 1\r\n");
        client.drain();
        CHECK(client.listen().empty());
        CHECK(client.is_over());
    }
    SUBCASE("it makes too many errors")
    {
        world.limits.errors = 1;
        Conversation client(world);
        client.log_in();
        client.say("DELE 1\r\nXYZZY\r\n");
        CHECK(client.is_over());
    }
    CHECK(world.box().removed.empty());
    CHECK_FALSE(world.box().in_use);
}

TEST_CASE("when nobody can say whether messages were removed, QUIT says so")
{
    auto world = with_three_messages();
    world.box().remove_fault = Fault::io;
    Conversation client(world);
    client.log_in();
    CHECK(client.say("DELE 1\r\nQUIT\r\n")
              .ends_with("-ERR [SYS/TEMP] the deleted messages may be there still\r\n"));
    CHECK(client.is_over());
}

TEST_CASE("a session that was silent, and lost its inbox to another, is told so and ends")
{
    for (const auto* const line : {"LIST\r\n", "UIDL 1\r\n", "RETR 1\r\n", "DELE 1\r\n"}) {
        CAPTURE(line);
        auto world = with_three_messages();
        Conversation client(world);
        client.log_in();
        auto& box = world.box();
        box.octets_fault = box.uids_fault = box.read_fault = box.remove_fault = Fault::conflict;
        CHECK(client.say(line) == "-ERR [SYS/TEMP] another session has taken this mailbox over, and this one "
                                  "has deleted nothing\r\n");
        CHECK(client.is_over());
    }
}

TEST_CASE("a session whose account was suspended or removed is told so and ends, and nothing is deleted")
{
    constexpr std::string_view shut_out =
        "-ERR [SYS/PERM] account suspended or removed, and nothing was deleted\r\n";
    for (const auto* const line :
         {"LIST\r\n", "LIST 1\r\n", "UIDL\r\n", "UIDL 1\r\n", "RETR 1\r\n", "TOP 1 0\r\n", "DELE 1\r\n"}) {
        CAPTURE(line);
        auto world = with_three_messages();
        Conversation client(world);
        client.log_in();
        auto& box = world.box();
        box.octets_fault = box.uids_fault = box.read_fault = box.remove_fault = Fault::denied;
        CHECK(client.say(line) == shut_out);
        CHECK(client.is_over());
    }
    auto world = with_three_messages();
    Conversation client(world);
    client.log_in();
    CHECK(client.say("DELE 1\r\n") == "+OK deleted when you QUIT\r\n");
    world.box().remove_fault = Fault::denied;
    CHECK(client.say("QUIT\r\n") == shut_out);
    CHECK(client.is_over());
    CHECK(world.box().removed.empty());
}

TEST_CASE("QUIT of a mailbox that expired during the session says that nothing was deleted")
{
    auto world = with_three_messages();
    Conversation client(world);
    client.log_in();
    client.say("DELE 1\r\n");
    world.box().remove_fault = Fault::limit;
    CHECK(client.say("RETR 2\r\n").starts_with("+OK 27 octets\r\n"));
    CHECK(client.say("QUIT\r\n") == "-ERR [SYS/PERM] read only until renewed, and nothing was deleted\r\n");
    CHECK(world.box().removed.empty());
}

TEST_CASE("a client that says NOOP is not silent: the store hears of it, though not of each")
{
    auto world = with_three_messages();
    Conversation client(world);
    client.log_in();
    world.box().uids_fault = Fault::conflict; // how this test hears that the store was asked
    world.passed += std::chrono::seconds(9);
    world.clock.advance(std::chrono::hours(1)); // somebody sets the time of day
    CHECK(client.say("NOOP\r\n") == "+OK\r\n");
    world.clock.advance(-std::chrono::hours(2));
    world.passed += std::chrono::seconds(1);
    CHECK(client.say("NOOP\r\n").starts_with("-ERR [SYS/TEMP] another session has taken"));
    CHECK(client.is_over());
}

TEST_CASE("a session whose store has ended is told so at its next command and ends")
{
    for (const auto* const line : {"NOOP\r\n", "STAT\r\n", "LIST\r\n", "RETR 1\r\n", "DELE 1\r\n"}) {
        CAPTURE(line);
        auto world = with_three_messages();
        Conversation client(world);
        client.log_in();
        client.say("DELE 2\r\n");
        world.box().gone = true;
        CHECK(client.say(line) == "-ERR [SYS/TEMP] this mailbox cannot be reached any more, and nothing was "
                                  "deleted: log in again\r\n");
        CHECK(client.is_over());
        CHECK(world.box().removed.empty());
    }
}

TEST_CASE("a session whose store ends while it is asked ends")
{
    auto world = with_three_messages();
    Conversation client(world);
    client.log_in();
    world.box().read_fault = Fault::unavailable;
    world.box().ends_when_asked = true;
    CHECK(client.say("RETR 1\r\n").starts_with("-ERR [SYS/TEMP] this mailbox cannot be reached any more"));
    CHECK(client.is_over());
}

TEST_CASE("QUIT without a store says goodbye, unless there was something to delete")
{
    auto world = with_three_messages();
    Conversation reader(world);
    reader.log_in();
    world.box().gone = true;
    CHECK(reader.say("QUIT\r\n") == "+OK goodbye\r\n");
    world.box().gone = false;
    Conversation deleter(world);
    deleter.log_in();
    deleter.say("DELE 1\r\n");
    world.box().gone = true;
    world.box().remove_fault = Fault::unavailable;
    CHECK(deleter.say("QUIT\r\n") == "-ERR [SYS/TEMP] the deleted messages may be there still\r\n");
    CHECK(deleter.is_over());
}

TEST_CASE("a message that vanished or cannot be opened is refused, and the session goes on")
{
    auto world = with_three_messages();
    Conversation client(world);
    client.log_in();
    world.box().messages.erase(world.box().messages.begin());
    CHECK(client.say("RETR 1\r\n") == "-ERR this message is no longer there\r\n");
    CHECK(client.say("TOP 1 0\r\n") == "-ERR this message is no longer there\r\n");
    world.box().read_fault = Fault::unavailable;
    CHECK(client.say("RETR 2\r\n").starts_with("-ERR [SYS/TEMP]"));
    world.box().read_fault.reset();
    CHECK(client.say("RETR 2\r\n").starts_with("+OK 27 octets\r\n"));
}

TEST_CASE("a message that cannot be read to its end breaks off without the final dot")
{
    auto world = with_three_messages();
    world.box().unreadable = true;
    Conversation client(world);
    client.log_in();
    CHECK(client.say("DELE 2\r\nRETR 1\r\nQUIT\r\n") == "+OK deleted when you QUIT\r\n+OK 23 octets\r\n");
    CHECK(client.is_over());
    CHECK(world.box().removed.empty());
}

TEST_CASE("what a session shows is what there was when it logged in")
{
    auto world = with_three_messages();
    Conversation client(world);
    client.log_in();
    world.box().add("Subject: four\n\n\n");
    CHECK(client.say("STAT\r\n") == "+OK 3 76\r\n");
}
