#include "core/wire/header_pass.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using metka::wire::HeaderPass;

namespace {

struct Row {
    std::string_view what;
    std::string message;
    std::string passed;
    std::size_t received = 0;
};

const std::vector<Row> rows{
    {"both fields are there", "Date: d\nMessage-ID: i\n\nbody\n", "Date: d\nMessage-ID: i\n\nbody\n"},
    {"both are missing", "Subject: s\n\nbody\n", "Subject: s\nDate: D\nMessage-ID: I\n\nbody\n"},
    {"one is missing", "date : d\n\nbody\n", "date : d\nMessage-ID: I\n\nbody\n"},
    {"a field in the body is none of the header's", "A: b\n\nDate: d\n",
     "A: b\nDate: D\nMessage-ID: I\n\nDate: d\n"},
    {"a header without a body", "A: b\n", "A: b\nDate: D\nMessage-ID: I\n"},
    {"an empty message", "", "Date: D\nMessage-ID: I\n"},
    {"an empty header", "\nbody\n", "Date: D\nMessage-ID: I\n\nbody\n"},
    {"no header at all", "Hello there: you\n", "Date: D\nMessage-ID: I\n\nHello there: you\n"},
    {"a first line that would fold into our own fields", " evil: 1\n",
     "Date: D\nMessage-ID: I\n\n evil: 1\n"},
    {"a line that is no field ends the header", "A: b\nno field\n",
     "A: b\nDate: D\nMessage-ID: I\n\nno field\n"},
    {"hops are counted, folded lines are not",
     "Received: a\n\tReceived: b\nreceived: c\nDate: d\nMessage-Id: i\n\n",
     "Received: a\n\tReceived: b\nreceived: c\nDate: d\nMessage-Id: i\n\n", 2},
    {"a name of any length", std::string(300, 'x') + ": y\n",
     "Date: D\nMessage-ID: I\n\n" + std::string(300, 'x') + ": y\n"},
};

} // namespace

TEST_CASE("missing fields are added at the end of the header, however the bytes are cut")
{
    for (const auto& row : rows) {
        CAPTURE(row.what);
        for (std::size_t piece = 1; piece <= row.message.size() + 1; ++piece) {
            HeaderPass header({.date = "Date: D\n", .message_id = "Message-ID: I\n"});
            std::string passed;
            for (std::size_t i = 0; i < row.message.size(); i += piece)
                header.feed(row.message.substr(i, piece), passed);
            header.finish(passed);
            CHECK(passed == row.passed);
            CHECK(header.received() == row.received);
        }
    }
}

TEST_CASE("without fields to add a message passes unchanged")
{
    HeaderPass header;
    std::string passed;
    header.feed("Subject: s\n\nbody\n", passed);
    header.finish(passed);
    CHECK(passed == "Subject: s\n\nbody\n");
}
