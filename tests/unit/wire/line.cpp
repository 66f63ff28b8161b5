#include "core/wire/line.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using metka::wire::LineFault;
using metka::wire::LineScanner;

namespace {

struct Heard {
    std::string text;
    LineFault fault;
    bool operator==(const Heard&) const = default;
};

struct Row {
    std::string_view what;
    std::string bytes;
    std::vector<Heard> lines;
};

constexpr std::size_t most = 8;

const std::vector<Row> rows{
    {"CRLF ends a line", "NOOP\r\nQUIT\r\n", {{"NOOP", LineFault::none}, {"QUIT", LineFault::none}}},
    {"a line may be empty", "\r\n", {{"", LineFault::none}}},
    {"a line of the most that is allowed", "12345678\r\n", {{"12345678", LineFault::none}}},
    {"one byte more is too long", "123456789\r\nA\r\n", {{"", LineFault::too_long}, {"A", LineFault::none}}},
    {"much more is too long, once",
     std::string(100, 'x') + "\r\nA\r\n",
     {{"", LineFault::too_long}, {"A", LineFault::none}}},
    {"a bare LF ends a broken line", "A\nB\r\n", {{"A", LineFault::bare_lf}, {"B", LineFault::none}}},
    {"a bare CR breaks a line and does not end it",
     "A\rB\r\nC\r\n",
     {{"A\rB", LineFault::bare_cr}, {"C", LineFault::none}}},
    {"a second CR is a bare one", "A\r\r\n", {{"A\r", LineFault::bare_cr}}},
    {"a NUL breaks a line", std::string("A\0B\r\n", 5), {{std::string("A\0B", 3), LineFault::nul}}},
    {"what has no end is no line yet", "NOOP\r", {}},
};

// Reads `bytes` as they come in pieces of `size`, keeping what was not used, as a channel does.
std::vector<Heard> read_in_pieces(std::string_view bytes, std::size_t size)
{
    LineScanner scanner(most);
    std::vector<Heard> lines;
    std::string unread;
    while (!bytes.empty()) {
        unread += bytes.substr(0, size);
        bytes.remove_prefix(std::min(size, bytes.size()));
        for (;;) {
            std::size_t used = 0;
            const auto line = scanner.next(unread, used);
            if (line) lines.push_back({std::string(line->text), line->fault});
            unread.erase(0, used);
            if (!line) break;
        }
        CHECK(unread.size() <= most + 1);
    }
    return lines;
}

} // namespace

TEST_CASE("lines are the same however the bytes are cut")
{
    for (const auto& row : rows) {
        CAPTURE(row.what);
        for (std::size_t size = 1; size <= row.bytes.size(); ++size)
            CHECK(read_in_pieces(row.bytes, size) == row.lines);
    }
}

namespace {

std::string beginning_in_pieces(std::string_view bytes, std::size_t size)
{
    LineScanner scanner(most);
    std::string unread;
    std::string beginning;
    for (std::size_t i = 0; i < bytes.size(); i += size) {
        unread += bytes.substr(i, size);
        std::size_t used = 0;
        const auto line = scanner.next(unread, used);
        if (line) beginning.assign(line->beginning.begin(), line->beginning.end());
        unread.erase(0, used);
    }
    return beginning;
}

} // namespace

TEST_CASE("of a line that is too long its beginning is known, wherever it is cut and however blank it begins")
{
    for (const auto blanks : {std::size_t{0}, most - 4, most - 1, most, most + 1, most + 2, 5 * most}) {
        const auto bytes = std::string(blanks, ' ') + "BDAT 1 " + std::string(40, ' ') + "LAST\r\n";
        for (std::size_t size = 1; size <= bytes.size(); ++size)
            CHECK(beginning_in_pieces(bytes, size) == "BDAT 1 " + std::string(9, ' '));
    }
    CHECK(beginning_in_pieces(std::string(3 * most, ' ') + "AB\r\n", 1).starts_with(std::string("AB\0", 3)));
}
