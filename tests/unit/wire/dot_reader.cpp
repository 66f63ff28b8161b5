#include "core/wire/dot_reader.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

using metka::wire::DataFault;
using metka::wire::DotReader;
using namespace std::string_literals;

namespace {

struct Row {
    std::string_view what;
    std::string sent;
    std::string stored; // as far as it was good
    DataFault fault = DataFault::none;
    std::string rest = {}; // what comes after the end
};

const std::vector<Row> ended{
    {"an empty message", ".\r\n", ""},
    {"one line", "a\r\n.\r\n", "a\n"},
    {"an empty line", "\r\n.\r\n", "\n"},
    {"a stuffed dot", "..\r\n.\r\n", ".\n"},
    {"two stuffed dots", "...\r\n.\r\n", "..\n"},
    {"a dot that was not stuffed goes too", ".a\r\n.\r\n", "a\n"},
    {"a dot inside a line stays", "a.\r\n.b.\r\n.\r\n", "a.\nb.\n"},
    {"what follows the end is not the message's", "a\r\n.\r\nQUIT\r\n", "a\n", DataFault::none, "QUIT\r\n"},
    {"LF.LF does not end", "a\n.\nMAIL\r\n.\r\n", "", DataFault::bare_lf},
    {"LF.CRLF does not end", "a\n.\r\nMAIL\r\n.\r\n", "", DataFault::bare_lf},
    {"CRLF.LF does not end", "a\r\n.\nMAIL\r\n.\r\n", "a\n", DataFault::bare_lf},
    {"CR.CR does not end", "a\r.\rMAIL\r\n.\r\n", "", DataFault::bare_cr},
    {"CR.CRLF does not end", "a\r.\r\nMAIL\r\n.\r\n", "", DataFault::bare_cr},
    {"CRLF.CR does not end", "a\r\n.\rMAIL\r\n.\r\n", "a\n", DataFault::bare_cr},
    {"CRLF.CR CRLF does not end", "a\r\n.\r\r\nMAIL\r\n.\r\n", "a\n", DataFault::bare_cr},
    {"CR CRLF is a bare CR at the end of a line", "a\r\r\n.\r\n", "", DataFault::bare_cr},
    {"LF CR . CR LF does not end", "a\n\r.\r\nMAIL\r\n.\r\n", "", DataFault::bare_lf},
    {"CRLF NUL . CRLF does not end", "a\r\n\0.\r\nMAIL\r\n.\r\n"s, "a\n", DataFault::nul},
    {"CRLF . NUL CRLF does not end", "a\r\n.\0\r\nMAIL\r\n.\r\n"s, "a\n", DataFault::nul},
    {"the first fault is the one told", "a\nb\rc\r\n.\r\n", "", DataFault::bare_lf},
    {"a NUL before a bare LF is the one told", "a\0b\nc\r\n.\r\n"s, "", DataFault::nul},
    {"bytes over 0x7F pass", "\xC5\xBC\r\n.\r\n", "\xC5\xBC\n"},
};

void check(const Row& row, std::size_t piece)
{
    DotReader reader;
    std::string stored;
    std::string_view unread = row.sent;
    while (!unread.empty() && !reader.at_end())
        unread.remove_prefix(reader.feed(unread.substr(0, piece), stored));
    CHECK(reader.at_end());
    CHECK(reader.fault() == row.fault);
    CHECK(unread == row.rest);
    if (row.fault == DataFault::none) {
        CHECK(reader.octets() == stored.size() + reader.lines()); // CRLF counts, a doubled dot does not
        CHECK(stored == row.stored);
        CHECK(reader.lines() == static_cast<std::uint64_t>(std::ranges::count(stored, '\n')));
    } else {
        CHECK(stored.starts_with(row.stored));
        CHECK_FALSE(stored.contains("MAIL"));
    }
}

} // namespace

TEST_CASE("only CRLF.CRLF ends a message, however the bytes are cut")
{
    for (const auto& row : ended) {
        CAPTURE(row.what);
        for (std::size_t piece = 1; piece <= row.sent.size(); ++piece)
            check(row, piece);
    }
}

TEST_CASE("a message without its end goes on")
{
    for (const std::string_view sent : {"a\r\n.\r", "a\r\n.", "a\r\n", "", "\n.\r\n", "a.\r\n", "\r.\r\n"}) {
        CAPTURE(sent);
        DotReader reader;
        std::string stored;
        CHECK(reader.feed(sent, stored) == sent.size());
        CHECK_FALSE(reader.at_end());
    }
}

TEST_CASE("a reader at its end uses nothing more")
{
    DotReader reader;
    std::string stored;
    CHECK(reader.feed(".\r\n", stored) == 3);
    CHECK(reader.feed("more", stored) == 0);
    CHECK(reader.octets() == 0);
}
