#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "core/base/bytes.h"
#include "core/base/id.h"
#include "core/base/result.h"
#include "core/base/secret.h"

using namespace metka;

TEST_CASE("sizes are read in powers of 1024")
{
    struct Row {
        std::string_view text;
        std::uint64_t count;
    };
    const std::vector<Row> rows{
        {"0", 0},
        {"12", 12},
        {"12B", 12},
        {"1k", 1024},
        {"500M", 500ULL << 20},
        {"2G", 2ULL << 30},
        {"2 GiB", 2ULL << 30},
        {" 2gb ", 2ULL << 30},
        {"1T", 1ULL << 40},
        {"8E", 1ULL << 63},
    };
    for (const auto& row : rows) {
        CAPTURE(row.text);
        const auto size = Bytes::parse(row.text);
        REQUIRE(size);
        CHECK(size->count == row.count);
    }
}

TEST_CASE("what is no size is refused with a sentence")
{
    for (const std::string_view text :
         {"", "M", "-1", "+1", "1.5G", "1X", "1MM", "1iB", "9E", "16E", "18446744073709551616", "1 0"}) {
        CAPTURE(text);
        const auto size = Bytes::parse(text);
        REQUIRE_FALSE(size);
        CHECK(size.error().fault == Fault::invalid);
        CHECK_FALSE(size.error().text.empty());
    }
}

TEST_CASE("sizes are shown in the largest unit that fits")
{
    CHECK(Bytes{0}.show() == "0 B");
    CHECK(Bytes{1023}.show() == "1023 B");
    CHECK((500_MiB).show() == "500 MiB");
    CHECK(Bytes{3ULL << 29}.show() == "1.5 GiB");
    CHECK(Bytes{(1ULL << 30) - 1}.show() == "1 GiB");
    CHECK(show(Capacity{}) == "unlimited");
    CHECK(parse_capacity(" Unlimited ").value() == Capacity{});
    CHECK(parse_capacity("1M").value() == Capacity{1_MiB});
    CHECK_FALSE(parse_capacity("none"));
}

TEST_CASE("ids are ordered by time, and read what they write")
{
    const auto early = Id::make(from_unix_ms(1000));
    const auto late = Id::make(from_unix_ms(2000));
    CHECK(early < late);
    CHECK(early.hex().size() == 32);
    CHECK(early.hex()[12] == '7'); // UUID version 7
    CHECK(Id::parse(early.hex()).value() == early);
    CHECK(Id::from_bytes(early.bytes()) == early);
    CHECK(early.last_byte() == early.hex().substr(30));
    CHECK(Id::make(from_unix_ms(1000)) != early);
    CHECK(Id{}.empty());
    CHECK_FALSE(early.empty());
}

TEST_CASE("ids sort as they were made, in one millisecond and while a clock is set back a little")
{
    auto before = Id::make(from_unix_ms(1'000'000));
    for (const auto ms : {1'000'000, 1'000'000, 999'995, 999'999, 1'000'000, 1'000'001, 1'000'001, 999'001}) {
        CAPTURE(ms);
        const auto next = Id::make(from_unix_ms(ms));
        CHECK(before < next);
        before = next;
    }
    for (int i = 0; i < 10'000; ++i) { // more than are counted in a millisecond
        const auto next = Id::make(from_unix_ms(999'500));
        REQUIRE(before < next);
        before = next;
    }
    CHECK(Id::make(from_unix_ms(500'000)) < before); // another time
}

TEST_CASE("what is no id is refused")
{
    for (const std::string_view text :
         {"", "0123", "0123456789abcdef0123456789abcdeg", "0123456789abcdef0123456789abcdef0"})
        CHECK_FALSE(Id::parse(text));
}

TEST_CASE("a secret moves and leaves nothing behind")
{
    Secret first("krótkie");
    Secret second(std::move(first));
    CHECK(first.empty()); // NOLINT(bugprone-use-after-move): that is the promise
    CHECK(second.same_as("krótkie"));
    CHECK_FALSE(second.same_as("krótki"));
    CHECK_FALSE(second.same_as("krótkiE"));

    std::string typed(100, 'x');
    const auto taken = Secret::take(std::move(typed));
    CHECK(typed.empty()); // NOLINT(bugprone-use-after-move)
    CHECK(taken.reveal().size() == 100);

    std::string bytes = "sekret";
    const char* const where = bytes.data();
    wipe(bytes);
    CHECK(bytes.empty());
    CHECK(std::string_view(where, 6) ==
          std::string_view("\0\0\0\0\0\0", 6)); // within the capacity, still ours
}

TEST_CASE("two random passwords differ")
{
    const auto one = Secret::random_password();
    const auto two = Secret::random_password();
    CHECK(one.reveal().size() == 20);
    CHECK_FALSE(one.same_as(two.reveal()));
}

TEST_CASE("every fault has a word and a status, and is found by its word")
{
    for (const auto fault : {Fault::invalid, Fault::not_found, Fault::conflict, Fault::limit, Fault::denied,
                             Fault::unavailable, Fault::io, Fault::internal}) {
        CHECK(fault_named(name(fault)) == fault);
        CHECK(exit_code(fault) >= 64);
    }
    CHECK_FALSE(fault_named("trouble"));
    CHECK(exit_code(Fault::not_found) == 67);
}

TEST_CASE("a full disk passes by itself, a broken one does not")
{
    CHECK(fail_errno(28, "writing").error().fault == Fault::unavailable); // ENOSPC
    CHECK(fail_errno(5, "writing").error().fault == Fault::io);           // EIO
    CHECK(fail_errno(5, "writing").error().text.starts_with("writing: "));
    const auto named = fail_field("capacity", Error{.fault = Fault::invalid, .text = "too small"});
    CHECK(named.error().field == "capacity");
}
