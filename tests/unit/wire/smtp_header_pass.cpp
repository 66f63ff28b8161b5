#include "core/wire/header_pass.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace metka::wire;

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
    {"a Return-Path is left out with all its lines",
     "A: b\nReturn-Path: <x@y>\n\t(of z)\nreturn-path:\nDate: d\nMessage-ID: i\n\nReturn-Path: body\n",
     "A: b\nDate: d\nMessage-ID: i\n\nReturn-Path: body\n"},
    {"nothing but a Return-Path", "Return-Path: <x@y>\n", "Date: D\nMessage-ID: I\n"},
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

TEST_CASE("the fields somebody decides by are captured unfolded, however the bytes are cut")
{
    const std::string message =
        "From: Anna\n\t<anna@example.org>\nSubject: From: x\nfrom : b@example.org\n"
        "SENDER:c@example.org\nResent-From: d\nDelivered-To: e\nX-From: f\n\nFrom: body\n";
    struct Captured {
        FieldName name;
        std::string_view value;
    };
    const std::vector<Captured> expected{
        {FieldName::from, " Anna\t<anna@example.org>"},
        {FieldName::from, " b@example.org"},
        {FieldName::sender, "c@example.org"},
        {FieldName::resent_from, " d"},
        {FieldName::delivered_to, " e"},
    };
    for (std::size_t piece = 1; piece <= message.size(); ++piece) {
        HeaderPass header({.from = "From: F\n"});
        std::string passed;
        for (std::size_t i = 0; i < message.size(); i += piece)
            header.feed(std::string_view(message).substr(i, piece), passed);
        header.finish(passed);
        CHECK(passed == message);
        REQUIRE(header.captured().size() == expected.size());
        for (std::size_t i = 0; i < expected.size(); ++i) {
            CHECK(header.captured()[i].name == expected[i].name);
            CHECK(header.captured()[i].value == expected[i].value);
            CHECK(header.captured()[i].whole == CapturedField::Whole::yes);
        }
    }
}

TEST_CASE("a From behind a broken line is of the body, and stands there for every other program, too")
{
    HeaderPass header({.from = "From: F\n"});
    std::string passed;
    header.feed("A: b\nno field\nFrom: evil@example.org\n", passed);
    header.finish(passed);
    CHECK(header.captured().empty());
    CHECK(passed == "A: b\nFrom: F\n\nno field\nFrom: evil@example.org\n");
}

TEST_CASE("what is captured has a bound, and a field beyond it is known to be cut")
{
    HeaderPass header({}, {.captured = 10});
    std::string passed;
    header.feed("From: 345\nFrom: 12345\nFrom:\nFrom:1\n\n", passed);
    REQUIRE(header.captured().size() == 4);
    CHECK(header.captured()[0].whole == CapturedField::Whole::yes);
    CHECK(header.captured()[1].whole == CapturedField::Whole::yes);
    CHECK(header.captured()[2].whole == CapturedField::Whole::yes);
    CHECK(header.captured()[3].whole == CapturedField::Whole::cut);
    CHECK(header.captured()[3].value.empty());
}

TEST_CASE("a header section has a size and a number of fields, and passes whole all the same")
{
    const std::string four = "From: a\nFrom: b\nFrom: c\nFrom: d\n\nFrom: body\n";
    const auto pass = [&](HeaderLimits limits) {
        HeaderPass header({}, limits);
        std::string passed;
        header.feed(four, passed);
        header.finish(passed);
        CHECK(passed == four);
        return header;
    };
    CHECK(pass({.fields = 4}).fault() == HeaderFault::none);
    CHECK(pass({.fields = 3}).fault() == HeaderFault::too_many_fields);
    CHECK(pass({.fields = 2}).captured().size() == 2);
    CHECK(pass({.section = 32}).fault() == HeaderFault::none);
    CHECK(pass({.section = 31}).fault() == HeaderFault::too_large);
    CHECK(pass({.field = 8}).fault() == HeaderFault::none);
    CHECK(pass({.field = 7}).fault() == HeaderFault::field_too_large);
}
