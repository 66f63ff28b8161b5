#include "core/sys/log.h"

#include <array>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include "core/sys/descriptor.h"

using namespace metka::sys;

namespace {

// What one call to log() writes, from the event's word on, without the line's end.
std::string logged(Level level, std::initializer_list<Field> fields)
{
    std::array<int, 2> ends{};
    REQUIRE(pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) == 0);
    const Descriptor reading(ends[0]);
    const Descriptor before(fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3));
    dup2(ends[1], STDERR_FILENO);
    close(ends[1]);
    log(level, "test.event", fields);
    dup2(before.get(), STDERR_FILENO);
    std::array<char, 16'384> room{};
    const auto got = read(reading.get(), room.data(), room.size());
    if (got <= 0) return {};
    const std::string line(room.data(), static_cast<std::size_t>(got));
    REQUIRE(line.find('\n') == line.size() - 1);
    return line.substr(line.find("test.event"), line.size() - 1 - line.find("test.event"));
}

std::string value(const std::string& text)
{
    return logged(Level::info, {{"k", text}}).substr(std::string("test.event k=").size());
}

} // namespace

TEST_CASE("a line is one event with its fields in their order")
{
    CHECK(logged(Level::info, {{"session", "s1"}, {"octets", 512}}) == "test.event session=s1 octets=512");
    CHECK(logged(Level::error, {}) == "test.event");
}

TEST_CASE("no value breaks its line, steers a terminal, or passes for another field")
{
    struct Row {
        std::string text;
        std::string shown;
    };
    for (const auto& row : {
             Row{"plain", "plain"},
             Row{"zażółć", "zażółć"},
             Row{"", "\"\""},
             Row{"two words", "\"two words\""},
             Row{"a=b", "\"a=b\""},
             Row{"say \"x\"", R"("say \"x\"")"},
             Row{"\" verdict=\"ok", R"("\" verdict=\"ok")"},
             Row{"a\r\nb", R"(a\x0D\x0Ab)"},
             Row{"a\r\n b", R"("a\\x0D\\x0A b")"},
             Row{"\x1B[2J", R"(\x1B[2J)"},
             Row{"\xC2\x9B"
                 "2J",
                 R"(\xC2\x9B2J)"},
             Row{std::string("a\0b", 3), R"(a\x00b)"},
             Row{"\x7F", R"(\x7F)"},
             Row{"\xFF\xC0\xAF", R"(\xFF\xC0\xAF)"},
             Row{"\xC5", R"(\xC5)"},
         }) {
        CAPTURE(row.shown);
        CHECK(value(row.text) == row.shown);
    }
}

TEST_CASE("a value is cut at 256 bytes, and says so")
{
    CHECK(value(std::string(256, 'x')) == std::string(256, 'x'));
    CHECK(value(std::string(5000, 'x')) == std::string(256, 'x') + "…");
}

TEST_CASE("what is below the level asked for is not written")
{
    log_as("metka-test", Level::warning);
    CHECK(logged(Level::info, {}).empty());
    CHECK(logged(Level::warning, {}) == "test.event");
    log_as("metka-test", Level::info);
    CHECK(logged(Level::debug, {}).empty());
}

TEST_CASE("another level holds from the next line on")
{
    CHECK(logged(Level::debug, {}).empty());
    log_from(Level::debug);
    CHECK(logged(Level::debug, {}) == "test.event");
    log_from(Level::error);
    CHECK(logged(Level::warning, {}).empty());
    CHECK(logged(Level::error, {}) == "test.event");
    log_from(Level::info);
    CHECK(logged(Level::info, {}) == "test.event");
}
