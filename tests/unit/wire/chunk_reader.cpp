#include "core/wire/chunk_reader.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

using metka::wire::ChunkReader;
using metka::wire::DataFault;
using namespace std::string_literals;

namespace {

struct Row {
    std::string_view what;
    std::string sent;
    std::string stored; // if it was good
    DataFault fault = DataFault::none;
};

const std::vector<Row> rows{
    {"an empty message", "", ""},
    {"lines", "a\r\nb\r\n", "a\nb\n"},
    {"an empty line", "\r\n", "\n"},
    {"a last line without its end gets one", "a\r\nb", "a\nb\n"},
    {"a dot is a dot", ".\r\n..\r\n.a\r\n.\r\n", ".\n..\n.a\n.\n"},
    {"what would end DATA does not", "a\r\n.\r\nMAIL FROM:<x@y.pl>\r\n", "a\n.\nMAIL FROM:<x@y.pl>\n"},
    {"a bare LF", "a\nb\r\n", "", DataFault::bare_lf},
    {"a bare LF at a line's start", "a\r\n\nb\r\n", "", DataFault::bare_lf},
    {"a bare LF at the very start", "\n", "", DataFault::bare_lf},
    {"a bare CR", "a\rb\r\n", "", DataFault::bare_cr},
    {"two CR", "a\r\r\n", "", DataFault::bare_cr},
    {"a CR at the very end", "a\r", "", DataFault::bare_cr},
    {"a CR alone", "\r", "", DataFault::bare_cr},
    {"a NUL", "a\0b\r\n"s, "", DataFault::nul},
    {"CR NUL LF", "a\r\0\n"s, "", DataFault::bare_cr},
    {"bytes over 0x7F pass", "\xC5\xBC\xFF\r\n", "\xC5\xBC\xFF\n"},
};

} // namespace

TEST_CASE("the lines of chunks are the same however the bytes are cut, between CR and LF too")
{
    for (const auto& row : rows) {
        CAPTURE(row.what);
        for (std::size_t piece = 1; piece <= row.sent.size() + 1; ++piece) {
            ChunkReader reader;
            std::string stored;
            for (std::size_t i = 0; i < row.sent.size(); i += piece)
                reader.feed(std::string_view(row.sent).substr(i, piece), stored);
            reader.finish(stored);
            CHECK(reader.fault() == row.fault);
            CHECK(reader.octets() == row.sent.size());
            if (row.fault != DataFault::none) continue;
            CHECK(stored == row.stored);
            CHECK(reader.lines() == static_cast<std::uint64_t>(std::ranges::count(stored, '\n')));
        }
    }
}

TEST_CASE("nothing of a condemned message is kept behind its fault")
{
    ChunkReader reader;
    std::string stored;
    reader.feed("a\r\n", stored);
    reader.feed("b\nMAIL FROM:<x@y.pl>\r\n", stored);
    reader.feed("c\r\n", stored);
    reader.finish(stored);
    CHECK(stored == "a\n");
}
