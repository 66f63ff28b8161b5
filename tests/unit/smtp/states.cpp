// Every command in every state, its reply and the state behind it, as one table: a missing reset is how the
// worst bugs of others began (SECURITY 7, 15, practice 10).

#include <algorithm>
#include <array>
#include <sstream>

#include <doctest/doctest.h>

#include "tests/unit/smtp/world.h"

using namespace metka;
using smtp::test::Talk;
using smtp::test::World;

namespace {

// Rows are states, columns commands. A cell is the code, and “>state” where the state changes.
constexpr std::string_view table = R"(
        HELO     EHLO     STARTTLS  AUTH MAIL     RCPT     DATA     BDAT      LAST     BAD     RSET     VRFY EXPN HELP NOOP QUIT    GET     JUNK
start   250>helo 250>ehlo 220>start 503  503      503      503      503       503      501>end 250      252  502  214  250  221>end 221>end 500
helo    250      250>ehlo 220>start 503  250>mail 503      503      503       503      501>end 250      252  502  214  250  221>end 221>end 500
ehlo    250>helo 250      220>start 538  250>mail 503      503      503       503      501>end 250      252  502  214  250  221>end 221>end 500
mail    250>helo 250>ehlo 220>start 503  503      250>rcpt 554      503>ehlo  503>ehlo 501>end 250>ehlo 252  502  214  250  221>end 221>end 500
refused 250>helo 250>ehlo 220>start 503  503      250>rcpt 554      503>ehlo  503>ehlo 501>end 250>ehlo 252  502  214  250  221>end 221>end 500
rcpt    250>helo 250>ehlo 220>start 503  503      250      250>ehlo 250>chunk 250>ehlo 501>end 250>ehlo 252  502  214  250  221>end 221>end 500
chunk   250>helo 250>ehlo 220>start 503  503      503      503      250       250>ehlo 501>end 250>ehlo 252  502  214  250  221>end 221>end 500
sent    250>helo 250>ehlo 220>start 538  250>mail 503      503      503       503      501>end 250>ehlo 252  502  214  250  221>end 221>end 500
baddata 250>helo 250>ehlo 220>start 538  250>mail 503      503      503       503      501>end 250>ehlo 252  502  214  250  221>end 221>end 500
badbdat 250>helo 250>ehlo 220>start 538  250>mail 503      503      503       503      501>end 250>ehlo 252  502  214  250  221>end 221>end 500
reset   250>helo 250>ehlo 220>start 538  250>mail 503      503      503       503      501>end 250>ehlo 252  502  214  250  221>end 221>end 500
tls     250>helo 250>ehlo 503       503  503      503      503      503       503      501>end 250      252  502  214  250  221>end 221>end 500
secure  250>helo 250>ehlo 503       235  250>mail 503      503      503       503      501>end 250      252  502  214  250  221>end 221>end 500
login   250>helo 250>ehlo 503       503  250>mail 503      503      503       503      501>end 250      252  502  214  250  221>end 221>end 500
wrong   250>helo 250>ehlo 503       235  250>mail 503      503      503       503      501>end 250      252  502  214  250  221>end 221>end 500
)";

struct Named {
    std::string_view name;
    std::string_view text;
};

// DATA is said with its message where it is taken.
constexpr std::array<Named, 18> commands{{
    {"HELO", "HELO klient"},
    {"EHLO", "EHLO klient.example.org"},
    {"STARTTLS", "STARTTLS"},
    {"AUTH", "AUTH PLAIN AGJpdXJvQG1vamEtZmlybWEubHVibGluLnBsAHNla3JldC1iaXVybw=="},
    {"MAIL", "MAIL FROM:<biuro@moja-firma.lublin.pl>"},
    {"RCPT", "RCPT TO:<sklep@moja-firma.lublin.pl>"},
    {"DATA", "DATA"},
    {"BDAT", "BDAT 6\r\nNOOP"},
    {"LAST", "BDAT 6 LAST\r\nNOOP"},
    {"BAD", "BDAT all"},
    {"RSET", "RSET"},
    {"VRFY", "VRFY biuro"},
    {"EXPN", "EXPN biuro"},
    {"HELP", "HELP"},
    {"NOOP", "NOOP"},
    {"QUIT", "QUIT"},
    {"GET", "GET / HTTP/1.1"},
    {"JUNK", "XYZZY"},
}};

// What leads there, a line each.
constexpr std::array<Named, 15> states{{
    {"start", ""},
    {"helo", "HELO"},
    {"ehlo", "EHLO"},
    {"mail", "EHLO MAIL"},
    {"refused", "EHLO MAIL NOBODY"},
    {"rcpt", "EHLO MAIL RCPT"},
    {"chunk", "EHLO MAIL RCPT BDAT"},
    {"sent", "EHLO MAIL RCPT DATA"},
    {"baddata", "EHLO MAIL RCPT BADDATA"},
    {"badbdat", "EHLO MAIL RCPT BADCHUNK"},
    {"reset", "EHLO MAIL RCPT RSET"},
    {"tls", "TLS"},
    {"secure", "TLS EHLO"},
    {"login", "TLS EHLO AUTH"},
    {"wrong", "TLS EHLO WRONG"},
}};

std::vector<std::string> words_of(std::string_view line)
{
    std::istringstream stream{std::string(line)};
    return {std::istream_iterator<std::string>(stream), {}};
}

std::string say(Talk& talk, const std::string& name)
{
    if (name == "TLS") {
        talk.say("STARTTLS");
        REQUIRE(talk.client().start_tls());
        return "220";
    }
    if (name == "NOBODY") return talk.say("RCPT TO:<nikt@moja-firma.lublin.pl>");
    if (name == "WRONG") return talk.say("AUTH PLAIN AGJpdXJvAHdyb25n");
    if (name == "BADDATA") {
        talk.say("DATA");
        return talk.say("a\nb\r\n.");
    }
    if (name == "BADCHUNK") return talk.say("BDAT 4\r\na\n");
    const auto* const command = std::ranges::find(commands, name, &Named::name);
    REQUIRE(command != commands.end());
    auto answer = talk.say(command->text);
    if (name == "DATA" && answer.starts_with("354")) answer = talk.say(".");
    return answer;
}

// As far as a client can tell.
std::string state_behind(Talk& talk)
{
    const auto data = talk.say("DATA");
    if (data.empty()) return "end";
    if (data.starts_with("354")) return "rcpt";
    if (data.starts_with("554 5.5.1")) return "mail";
    if (data.starts_with("503 5.5.1 BDAT has begun")) return "chunk";
    if (data.starts_with("503 5.5.1 say EHLO first")) return "start";
    REQUIRE(data.starts_with("503 5.5.1 say MAIL first"));
    return talk.say("MAIL FROM:<biuro@moja-firma.lublin.pl> BODY=7BIT").starts_with("555") ? "helo" : "ehlo";
}

// The name that state_behind() has for a state.
std::string seen_as(const std::string& state)
{
    if (state == "refused") return "mail";
    if (state == "tls") return "start";
    for (const auto& each : {"start", "helo", "mail", "rcpt", "chunk", "end"})
        if (state == each) return state;
    return "ehlo";
}

void check_cell(const std::string& state, const std::string& command, const std::string& cell)
{
    CAPTURE(state);
    CAPTURE(command);
    World world;
    {
        Talk talk(world);
        const auto* const way = std::ranges::find(states, state, &Named::name);
        REQUIRE(way != states.end());
        for (const auto& word : words_of(way->text))
            say(talk, word);
        const auto arrow = cell.find('>');
        const auto answer = say(talk, command);
        CHECK_MESSAGE(answer.starts_with(cell.substr(0, arrow)), answer);
        if (answer.starts_with("220")) REQUIRE(talk.client().start_tls());
        CHECK(state_behind(talk) == seen_as(arrow == std::string::npos ? state : cell.substr(arrow + 1)));
    }
    CHECK(world.sink.held() == 0);
}

} // namespace

TEST_CASE("every command in every state has one reply and one state behind it")
{
    std::istringstream lines{std::string(table.substr(1))};
    std::string line;
    std::getline(lines, line);
    const auto names = words_of(line);
    REQUIRE(names.size() == commands.size());
    std::size_t rows = 0;
    for (; std::getline(lines, line); ++rows) {
        const auto cells = words_of(line);
        REQUIRE(cells.size() == names.size() + 1);
        for (std::size_t i = 0; i < names.size(); ++i)
            check_cell(cells.front(), names[i], cells[i + 1]);
    }
    CHECK(rows == states.size());
}
