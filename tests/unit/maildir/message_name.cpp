#include "core/maildir/message_name.h"

#include <doctest/doctest.h>

using namespace metka;
using namespace metka::maildir;

namespace {

std::string uid_of(const MessageName& name)
{
    return has_fit_base(name) ? std::string(name.base) : hashed_uid(name.key);
}

struct Row {
    std::string file;
    std::string key;
    std::string base;
    std::uint64_t seconds;
    std::optional<std::uint64_t> size;
    std::optional<std::uint64_t> octets;
};

const std::optional<std::uint64_t> none;

} // namespace

TEST_CASE("names of messages are read field by field, and what is not a number is not there")
{
    const Row rows[] = {
        {"1700000000.abc,S=12,W=14", "1700000000.abc,S=12,W=14", "1700000000.abc", 1700000000, 12, 14},
        {"1700000000.abc,S=12,W=14:2,S", "1700000000.abc,S=12,W=14", "1700000000.abc", 1700000000, 12, 14},
        {"1700000000.abc,W=14,S=12:2,", "1700000000.abc,W=14,S=12", "1700000000.abc", 1700000000, 12, 14},
        {"1700000000.M1P2.host:2,FS", "1700000000.M1P2.host", "1700000000.M1P2.host", 1700000000, none, none},
        {"1700000000.M1P2.host,U=7:2,S=99", "1700000000.M1P2.host,U=7", "1700000000.M1P2.host", 1700000000,
         none, none},
        {"1.a,S=1,S=2", "1.a,S=1,S=2", "1.a", 1, 1, none},
        {"1.a,S=", "1.a,S=", "1.a", 1, none, none},
        {"1.a,S=-1", "1.a,S=-1", "1.a", 1, none, none},
        {"1.a,S=+1", "1.a,S=+1", "1.a", 1, none, none},
        {"1.a,S=1x", "1.a,S=1x", "1.a", 1, none, none},
        {"1.a,S=9223372036854775807", "1.a,S=9223372036854775807", "1.a", 1, 9223372036854775807U, none},
        {"1.a,S=9223372036854775808", "1.a,S=9223372036854775808", "1.a", 1, none, none},
        {"1.a,S=18446744073709551616", "1.a,S=18446744073709551616", "1.a", 1, none, none},
        {"99999999999999999999.a", "99999999999999999999.a", "99999999999999999999.a", 0, none, none},
        {"1700000000", "1700000000", "1700000000", 0, none, none},
        {"hello", "hello", "hello", 0, none, none},
        {"", "", "", 0, none, none},
        {":2,S", ":2,S", ":2", 0, none, none},
        {",S=5", ",S=5", "", 0, 5, none},
        {",", ",", "", 0, none, none},
        {"a\nb,S=5:2,", "a\nb,S=5", "a\nb", 0, 5, none},
    };
    for (const auto& row : rows) {
        CAPTURE(row.file);
        const auto name = parse_message_name(row.file);
        CHECK(name.key == row.key);
        CHECK(name.base == row.base);
        CHECK(name.seconds == row.seconds);
        CHECK(name.size == row.size);
        CHECK(name.octets == row.octets);
    }
}

TEST_CASE("a name of ours says when, which, how large, and is its own uid up to the sizes")
{
    const MessageId id(*Id::parse("0193a5b2c3d47e0f8a1b2c3d4e5f6071"));
    const auto file = make_message_name(from_unix_ms(1'763'765'000'999), id, {.size = {100}, .lines = 5});
    CHECK(file == "1763765000.0193a5b2c3d47e0f8a1b2c3d4e5f6071,S=100,W=105");
    const auto name = parse_message_name(file);
    CHECK(name.seconds == 1763765000);
    CHECK(name.size == 100);
    CHECK(name.octets == 105);
    CHECK(uid_of(name) == "1763765000.0193a5b2c3d47e0f8a1b2c3d4e5f6071");
    CHECK(uid_of(parse_message_name(file + ":2,RS")) == uid_of(name));
}

TEST_CASE("what POP3 could not show as a uid is hashed")
{
    const std::string seventy(70, 'a');
    CHECK(uid_of(parse_message_name(seventy + ",S=1:2,S")) == seventy);
    for (const std::string& file : {seventy + "a", std::string("a b"), std::string("a\tb"),
                                    std::string("\xC5\x82"), std::string(",S=1"), std::string("a\x7F")}) {
        CAPTURE(file);
        CHECK(uid_of(parse_message_name(file)) == hashed_uid(file));
        CHECK(uid_of(parse_message_name(file + ":2,S")) == hashed_uid(file));
    }
    CHECK(hashed_uid("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a3"); // FIPS 180-2, appendix B.1
}

TEST_CASE("a file named like another's hash does not get that hash as its uid")
{
    const auto hash = hashed_uid("some name");
    CHECK(uid_of(parse_message_name(hash)) != hash);
    CHECK(uid_of(parse_message_name(hash)) == hashed_uid(hash));
}

TEST_CASE("a name of our form is told from those of other programs")
{
    const std::string ours = make_message_name(from_unix_ms(1'763'765'000'000), MessageId{}, {.size = {3}});
    CHECK(has_our_form(parse_message_name(ours)));
    CHECK(has_our_form(parse_message_name(ours + ":2,RS")));
    const std::string id(32, '0');
    for (const auto& other : {std::string("1.M1P2.host,S=3,W=3"), "1." + id, "1." + id + ",S=3",
                              "1." + id + ",W=3,S=3", "1." + id + ",S=3,W=3,U=1", "1." + id + ",S=3,W=-3",
                              "1." + id + "0,S=3,W=3", "x." + id + ",S=3,W=3", "." + id + ",S=3,W=3",
                              "1." + std::string(32, 'A') + ",S=3,W=3", id + ",S=3,W=3", std::string()}) {
        CAPTURE(other);
        CHECK_FALSE(has_our_form(parse_message_name(other)));
    }
}
