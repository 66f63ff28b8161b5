#include "core/wire/dot_writer.h"

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include <doctest/doctest.h>

using namespace metka::wire;

namespace {

using Pieces = std::vector<std::string_view>;

Pieces bytes_of(std::string_view stored)
{
    Pieces pieces;
    for (std::size_t i = 0; i < stored.size(); ++i)
        pieces.push_back(stored.substr(i, 1));
    return pieces;
}

std::string written(const Pieces& pieces)
{
    DotWriter writer;
    std::string out;
    for (const auto piece : pieces)
        writer.add(piece, out);
    writer.finish(out);
    return out;
}

std::uint64_t counted(const Pieces& pieces)
{
    OctetCounter counter;
    for (const auto piece : pieces)
        counter.add(piece);
    return counter.octets();
}

std::string cut(const Pieces& pieces, std::uint64_t lines)
{
    TopCutter cutter(lines);
    std::string out;
    for (const auto piece : pieces)
        out += cutter.add(piece);
    return out;
}

// What a client keeps: lines up to the one with a single dot, one leading dot taken off (RFC 1939 §3).
std::string received(std::string_view sent)
{
    std::string message;
    while (true) {
        const auto end = sent.find("\r\n");
        REQUIRE(end != std::string_view::npos);
        auto line = sent.substr(0, end);
        sent.remove_prefix(end + 2);
        if (line == ".") break;
        if (line.starts_with('.')) line.remove_prefix(1);
        message.append(line).append("\r\n");
    }
    CHECK(sent.empty());
    return message;
}

struct Row {
    std::string_view stored;
    std::string_view sent;
    std::uint64_t octets;
};

const std::vector<Row> rows{
    {"", ".\r\n", 0},
    {"a", "a\r\n.\r\n", 3},
    {"a\n", "a\r\n.\r\n", 3},
    {"a\r\n", "a\r\n.\r\n", 3},
    {"\n", "\r\n.\r\n", 2},
    {"\n\n", "\r\n\r\n.\r\n", 4},
    {".", "..\r\n.\r\n", 3},
    {".\n", "..\r\n.\r\n", 3},
    {".\r\n", "..\r\n.\r\n", 3},
    {"..\n", "...\r\n.\r\n", 4},
    {"a.b\n.\n..c\n", "a.b\r\n..\r\n...c\r\n.\r\n", 13},
    {"a\r\n.b\nc", "a\r\n..b\r\nc\r\n.\r\n", 10},
    {"a\rb\n", "a\rb\r\n.\r\n", 5},
    {"a\r", "a\r\r\n.\r\n", 4},
    {"a\r\r\n", "a\r\r\n.\r\n", 4},
    {"\r.\n", "\r.\r\n.\r\n", 4},
};

std::string nasty_message(std::mt19937& random)
{
    constexpr std::string_view alphabet = "..\n\n\r\r\nab\xC4";
    std::string message(random() % 60, ' ');
    for (auto& byte : message)
        byte = alphabet[random() % alphabet.size()];
    return message;
}

Pieces cut_at_random(std::string_view stored, std::mt19937& random)
{
    Pieces pieces;
    while (!stored.empty()) {
        const auto size = std::min<std::size_t>(stored.size(), random() % 7);
        pieces.push_back(stored.substr(0, size));
        stored.remove_prefix(size);
    }
    return pieces;
}

} // namespace

TEST_CASE("stored lines are sent with CRLF, leading dots doubled, and a dot at the end")
{
    for (const auto& row : rows) {
        CAPTURE(row.stored);
        CHECK(written({row.stored}) == row.sent);
        CHECK(written(bytes_of(row.stored)) == row.sent);
        for (std::size_t i = 0; i <= row.stored.size(); ++i)
            CHECK(written({row.stored.substr(0, i), row.stored.substr(i)}) == row.sent);
    }
}

TEST_CASE("octets are counted before dots are doubled and without the final dot")
{
    for (const auto& row : rows) {
        CAPTURE(row.stored);
        CHECK(counted({row.stored}) == row.octets);
        CHECK(counted(bytes_of(row.stored)) == row.octets);
    }
}

TEST_CASE("a client receives exactly the octets that were counted, whatever the message and its blocks")
{
    std::mt19937 random(20240117);
    for (int round = 0; round < 5000; ++round) {
        const auto stored = nasty_message(random);
        CAPTURE(stored);
        const auto sent = written(cut_at_random(stored, random));
        CHECK(sent == written({stored}));
        CHECK(received(sent).size() == counted(cut_at_random(stored, random)));
    }
}

TEST_CASE("TOP sends the header, the empty line and so many lines of the body")
{
    constexpr std::string_view stored = "A: 1\nB: 2\n\none\n\nthree";
    const std::vector<std::string_view> expected{"A: 1\nB: 2\n\n", "A: 1\nB: 2\n\none\n",
                                                 "A: 1\nB: 2\n\none\n\n", stored, stored};
    for (std::size_t lines = 0; lines < expected.size(); ++lines) {
        CHECK(cut({stored}, lines) == expected[lines]);
        CHECK(cut(bytes_of(stored), lines) == expected[lines]);
    }
}

TEST_CASE("TOP knows an empty line by CRLF too, and one that holds a space is not empty")
{
    CHECK(cut({"A: 1\r\n\r\nbody\r\n"}, 0) == "A: 1\r\n\r\n");
    CHECK(cut(bytes_of("A: 1\r\n\r\nbody\r\n"), 0) == "A: 1\r\n\r\n");
    CHECK(cut({"A: 1\n \nB: 2\n\nbody\n"}, 0) == "A: 1\n \nB: 2\n\n");
    CHECK(cut({"A: 1\n\r\r\nB: 2\n\nbody\n"}, 0) == "A: 1\n\r\r\nB: 2\n\n");
}

TEST_CASE("TOP of a message without a body, or with fewer lines than asked for, is all of it")
{
    CHECK(cut({"A: 1\n"}, 0) == "A: 1\n");
    CHECK(cut({"\nbody\n"}, 0) == "\n");
    CHECK(cut({"A: 1\n\none\n"}, 18446744073709551615U) == "A: 1\n\none\n");
    CHECK(cut({""}, 3).empty());
}
