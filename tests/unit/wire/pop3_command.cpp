#include "core/wire/pop3_command.h"

#include <string>
#include <vector>

#include <doctest/doctest.h>

using namespace metka;
using namespace metka::wire;

namespace {

std::expected<Pop3Command, Pop3Fault> parse(std::string_view text)
{
    return parse_pop3(Line{.text = text});
}

struct Good {
    std::string_view line;
    Pop3Command command;
};

const std::vector<Good> good_lines{
    {"CAPA", {.keyword = Pop3Keyword::capa}},
    {"capa", {.keyword = Pop3Keyword::capa}},
    {"QuIt  ", {.keyword = Pop3Keyword::quit}},
    {"stls", {.keyword = Pop3Keyword::stls}},
    {"UTF8", {.keyword = Pop3Keyword::utf8}},
    {"USER józek@krasnobród.pl", {.keyword = Pop3Keyword::user, .text = "józek@krasnobród.pl"}},
    {"PASS zażółć gęślą", {.keyword = Pop3Keyword::pass, .text = "zażółć gęślą"}},
    {"USER biuro@moja-firma.lublin.pl", {.keyword = Pop3Keyword::user, .text = "biuro@moja-firma.lublin.pl"}},
    {"PASS  two spaces ", {.keyword = Pop3Keyword::pass, .text = " two spaces "}},
    {"PASS  ", {.keyword = Pop3Keyword::pass, .text = " "}},
    {"AUTH", {.keyword = Pop3Keyword::auth}},
    {"AUTH PLAIN", {.keyword = Pop3Keyword::auth, .text = "PLAIN"}},
    {"AUTH PLAIN =", {.keyword = Pop3Keyword::auth, .text = "PLAIN", .initial_response = ""}},
    {"auth plain AGE=", {.keyword = Pop3Keyword::auth, .text = "plain", .initial_response = "AGE="}},
    {"STAT", {.keyword = Pop3Keyword::stat}},
    {"LIST", {.keyword = Pop3Keyword::list}},
    {"LIST ", {.keyword = Pop3Keyword::list}},
    {"LIST 7", {.keyword = Pop3Keyword::list, .message = 7}},
    {"UIDL 007", {.keyword = Pop3Keyword::uidl, .message = 7}},
    {"TOP 1 0", {.keyword = Pop3Keyword::top, .message = 1, .lines = 0}},
    {"TOP 1 18446744073709551615",
     {.keyword = Pop3Keyword::top, .message = 1, .lines = 18446744073709551615U}},
    {"RETR 18446744073709551615", {.keyword = Pop3Keyword::retr, .message = 18446744073709551615U}},
    {"DELE  2", {.keyword = Pop3Keyword::dele, .message = 2}},
    {"RSET", {.keyword = Pop3Keyword::rset}},
    {"NOOP", {.keyword = Pop3Keyword::noop}},
};

struct Bad {
    std::string_view line;
    Pop3Fault fault;
};

const std::vector<Bad> bad_lines{
    {"", Pop3Fault::unknown},
    {" ", Pop3Fault::unknown},
    {" CAPA", Pop3Fault::unknown},
    {"CAPA\t", Pop3Fault::unknown},
    {"LAST", Pop3Fault::unknown},
    {"XTND XLST Subject", Pop3Fault::unknown},
    {"LANG pl", Pop3Fault::unknown},
    {"STLS now", Pop3Fault::arguments},
    {"UTF8 USER", Pop3Fault::arguments},
    {"USER j\xF3zek", Pop3Fault::letters},
    {"PASS za\xC5", Pop3Fault::letters},
    {"PASS \xC0\xAF", Pop3Fault::letters},
    {"PASS \xED\xA0\x80", Pop3Fault::letters},
    {"APOP biuro c4c9334bac560ecc979e58001b3e22fb", Pop3Fault::unknown},
    {"CAPA now", Pop3Fault::arguments},
    {"USER", Pop3Fault::arguments},
    {"USER ", Pop3Fault::arguments},
    {"PASS", Pop3Fault::arguments},
    {"AUTH PLAIN a b", Pop3Fault::arguments},
    {"STAT 1", Pop3Fault::arguments},
    {"LIST 1 2", Pop3Fault::arguments},
    {"LIST 0", Pop3Fault::number},
    {"LIST -1", Pop3Fault::number},
    {"LIST +1", Pop3Fault::number},
    {"LIST 1x", Pop3Fault::number},
    {"RETR", Pop3Fault::arguments},
    {"RETR 18446744073709551616", Pop3Fault::number},
    {"TOP 1", Pop3Fault::arguments},
    {"TOP 1 -1", Pop3Fault::number},
    {"TOP 0 1", Pop3Fault::number},
    {"TOP 1 18446744073709551616", Pop3Fault::number},
    {"DELE one", Pop3Fault::number},
    {"QUIT now", Pop3Fault::arguments},
    {"GET / HTTP/1.1", Pop3Fault::foreign},
    {"post /login HTTP/1.1", Pop3Fault::foreign},
    {"CONNECT mail:995 HTTP/1.1", Pop3Fault::foreign},
    {"ehlo klient.example.org", Pop3Fault::foreign},
    {"MAIL FROM:<>", Pop3Fault::foreign},
    {"STARTTLS", Pop3Fault::foreign},
    {"Host: mail.moja-firma.lublin.pl", Pop3Fault::foreign},
};

} // namespace

TEST_CASE("a POP3 command is read with its arguments")
{
    for (const auto& row : good_lines) {
        CAPTURE(row.line);
        const auto command = parse(row.line);
        REQUIRE(command.has_value());
        CHECK(command->keyword == row.command.keyword);
        CHECK(command->message == row.command.message);
        CHECK(command->lines == row.command.lines);
        CHECK(command->text == row.command.text);
        CHECK(command->initial_response == row.command.initial_response);
    }
}

TEST_CASE("a broken POP3 command is refused with what is wrong about it")
{
    for (const auto& row : bad_lines) {
        CAPTURE(row.line);
        const auto command = parse(row.line);
        REQUIRE_FALSE(command.has_value());
        CHECK(command.error() == row.fault);
    }
}

TEST_CASE("a POP3 command cut short at any point is read or refused, never more")
{
    for (const auto& row : good_lines) {
        for (std::size_t size = 0; size < row.line.size(); ++size) {
            const auto command = parse(row.line.substr(0, size));
            if (command) CHECK(command->keyword == row.command.keyword);
        }
    }
}

TEST_CASE("a line that broke the rules of lines is no POP3 command")
{
    CHECK(parse_pop3({.text = "QUIT", .fault = LineFault::bare_lf}).error() == Pop3Fault::broken_line);
    CHECK(parse_pop3({.text = "QUIT", .fault = LineFault::bare_cr}).error() == Pop3Fault::broken_line);
    CHECK(parse_pop3({.text = "QUIT", .fault = LineFault::nul}).error() == Pop3Fault::broken_line);
    CHECK(parse_pop3({.text = "", .fault = LineFault::too_long}).error() == Pop3Fault::too_long);
}

TEST_CASE("every POP3 keyword is parsed back from its own name")
{
    for (std::size_t i = 0; i < static_cast<std::size_t>(Pop3Keyword::count_); ++i) {
        const auto keyword = static_cast<Pop3Keyword>(i);
        CAPTURE(name(keyword));
        const auto line = std::string(name(keyword)) + " 1 1";
        const auto command = parse(line);
        CHECK((command ? command->keyword == keyword : command.error() == Pop3Fault::arguments));
    }
}
