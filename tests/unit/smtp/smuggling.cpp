// SMTP smuggling (CVE-2023-51764 and its kin), every published variant, in DATA and in BDAT, cut into packets
// at random: each message is refused, nothing in it is carried out, and the session stays in sync.

#include <random>

#include <doctest/doctest.h>

#include "core/base/text.h"
#include "tests/unit/smtp/world.h"

using namespace metka;
using namespace std::string_literals;
using smtp::test::Talk;
using smtp::test::World;

namespace {

// What some server once took for the end of a message.
const std::vector<std::string> ends{
    "\n.\n",      "\n.\r\n",   "\n.\r",        "\r.\r",        "\r.\n",        "\r.\r\n",     "\r\n.\r",
    "\r\n.\n",    "\n\n.\r\n", "\n\n.\n",      "\r\r.\r\r",    "\r\n.\r\r\n",  "\r\n\r.\r\n", "\r\r\n.\r\n",
    "\n\r.\r\n",  "\n\r.\n\r", "\r\n\0.\r\n"s, "\r\n.\0\r\n"s, "\r\n.\r\0\n"s, "\r\n\0.\n"s,  "\0\r\n.\r\n"s,
    "\r\n.\0\n"s, "\r.\r\0"s,  "\r\n.\n\r\n",  "\n.\n\n",      "\r\n.\r\r",    "\r\n\n.\r\n",
};

constexpr std::string_view smuggled = "MAIL FROM:<prezes@moja-firma.lublin.pl>\r\n"
                                      "RCPT TO:<sklep@moja-firma.lublin.pl>\r\n"
                                      "DATA\r\nSubject: smuggled\r\n\r\nx\r\n";

void send_cut(Talk& talk, std::string_view bytes, std::mt19937& random)
{
    while (!bytes.empty()) {
        const auto piece = std::uniform_int_distribution<std::size_t>(1, 9)(random);
        talk.send(bytes.substr(0, piece));
        talk.connection().pump()();
        bytes.remove_prefix(std::min(piece, bytes.size()));
    }
}

void begin(Talk& talk)
{
    CHECK(talk.say("EHLO klient.example.org").starts_with("250"));
    CHECK(talk.say("MAIL FROM:<jan@example.org>").starts_with("250"));
    CHECK(talk.say("RCPT TO:<biuro@moja-firma.lublin.pl>").starts_with("250"));
}

void check_in_sync(World& world, Talk& talk)
{
    CHECK(talk.hear().starts_with("550 5.6.11"));
    CHECK(talk.say("NOOP").starts_with("250 2.0.0"));
    CHECK(talk.say("RCPT TO:<biuro@moja-firma.lublin.pl>").starts_with("503 5.5.1 say MAIL first"));
    CHECK(world.sink.delivered.empty());
    CHECK(world.sink.held() == 0);
}

} // namespace

TEST_CASE("no false end smuggles a message into DATA, however it is cut")
{
    std::mt19937 random(1);
    for (const auto& end : ends) {
        CAPTURE(escaped(end));
        // A client may also hope that the real end is met by nobody: "\r\n.\r\n" inside `end` is the real
        // one.
        for (int round = 0; round < 4; ++round) {
            World world;
            Talk talk(world);
            begin(talk);
            CHECK(talk.say("DATA").starts_with("354"));
            auto message = "Subject: a\r\n\r\nb" + end;
            const auto real = message.find("\r\n.\r\n");
            if (real == std::string::npos)
                message += std::string(smuggled) + ".\r\n";
            else
                message.resize(real + 5);
            send_cut(talk, message, random);
            check_in_sync(world, talk);
        }
    }
}

TEST_CASE("no false end smuggles a message into BDAT, in one chunk or many")
{
    std::mt19937 random(2);
    for (const auto& end : ends) {
        CAPTURE(escaped(end));
        const auto message = "Subject: a\r\n\r\nb" + end + std::string(smuggled);
        for (int round = 0; round < 2; ++round) {
            World world;
            Talk talk(world);
            begin(talk);
            send_cut(talk, fmt::format("BDAT {} LAST\r\n", message.size()) + message, random);
            check_in_sync(world, talk);
        }
        World world;
        Talk talk(world);
        begin(talk);
        std::string first;
        std::string_view rest = message;
        for (; !rest.empty() && !first.starts_with("550");
             rest.remove_prefix(std::min<std::size_t>(7, rest.size()))) {
            const auto chunk = rest.substr(0, 7);
            send_cut(talk,
                     fmt::format("BDAT {}{}\r\n", chunk.size(), chunk.size() == rest.size() ? " LAST" : ""),
                     random);
            send_cut(talk, chunk, random);
            first = talk.hear();
        }
        CHECK(first.starts_with("550 5.6.11"));
        CHECK(talk.say("BDAT 5 LAST\r\nQUIT").starts_with("503"));
        CHECK(world.sink.delivered.empty());
    }
}

TEST_CASE("a message of nasty lines is stored as it was sent, by DATA and by BDAT, however it is cut")
{
    std::mt19937 random(3);
    const std::vector<std::string> lines{
        "",         ".",  "..",   ".a",          "a.",     "QUIT", ". ",
        "\xC5\xBC", "\t", ".\t.", "BDAT 5 LAST", "From x", "=20",  std::string(1200, '.')};
    std::uniform_int_distribution<std::size_t> any(0, lines.size() - 1);
    for (int round = 0; round < 20; ++round) {
        std::string body;
        std::string stuffed;
        std::string stored;
        for (std::size_t i = any(random); i > 0; --i) {
            const auto& line = lines[any(random)];
            body += line + "\r\n";
            stuffed += (line.starts_with('.') ? "." : "") + line + "\r\n";
            stored += line + "\n";
        }
        World world;
        Talk talk(world);
        begin(talk);
        CHECK(talk.say("DATA").starts_with("354"));
        send_cut(talk, "Subject: a\r\n\r\n" + stuffed + ".\r\n", random);
        CHECK(talk.hear().starts_with("250 2.0.0 Ok"));
        CHECK(world.last_message().ends_with("Subject: a\n\n" + stored));
        CHECK(talk.say("MAIL FROM:<jan@example.org>").starts_with("250"));
        CHECK(talk.say("RCPT TO:<biuro@moja-firma.lublin.pl>").starts_with("250"));
        const auto message = "Subject: a\r\n\r\n" + body;
        const auto half = any(random) % message.size();
        send_cut(talk, fmt::format("BDAT {}\r\n", half) + message.substr(0, half), random);
        CHECK(talk.hear().starts_with("250 2.0.0 chunk"));
        send_cut(talk, fmt::format("BDAT {} LAST\r\n", message.size() - half) + message.substr(half), random);
        CHECK(talk.hear().starts_with("250 2.0.0 Ok"));
        CHECK(world.last_message().ends_with("Subject: a\n\n" + stored));
    }
}
