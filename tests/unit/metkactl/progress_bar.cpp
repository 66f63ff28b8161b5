#include "cli/progress_bar.h"

#include <doctest/doctest.h>

using namespace metka::metkactl;
using metka::control::Progress;

TEST_CASE("a bar says what, how many of how many, and which share, and is shorter than the terminal")
{
    const Progress half{.done = 5'000, .total = 10'000, .what = "mailboxes"};
    CHECK(progress_text(half, 80, Colour::never) ==
          "mailboxes [===================>                    ] 5,000 of 10,000  50 %");
    for (std::size_t columns = 0; columns < 120; ++columns)
        CHECK((progress_text(half, columns, Colour::never).size() < columns || columns == 0));
}

TEST_CASE("nothing, everything and more than everything stay within the bar")
{
    const auto bar = [](std::uint64_t done) {
        return progress_text({.done = done, .total = 4, .what = "x"}, 30, Colour::never);
    };
    CHECK(bar(0) == "x [            ] 0 of 4   0 %");
    CHECK(bar(4) == "x [============] 4 of 4 100 %");
    CHECK(bar(9) == bar(4));
}

TEST_CASE("without a total there is a count, and what comes from outside is escaped")
{
    CHECK(progress_text({.done = 1234, .total = 0, .what = "a\x1B[2J"}, 80, Colour::never) ==
          "a\\x1B[2J 1,234");
}

TEST_CASE("colour is only in a bar that may have it")
{
    const Progress half{.done = 1, .total = 2, .what = "x"};
    CHECK(progress_text(half, 80, Colour::where_it_helps).contains("\x1B[32m"));
    CHECK_FALSE(progress_text(half, 80, Colour::never).contains('\x1B'));
}

TEST_CASE("large numbers have commas")
{
    CHECK(with_commas(0) == "0");
    CHECK(with_commas(999) == "999");
    CHECK(with_commas(1000) == "1,000");
    CHECK(with_commas(1234567) == "1,234,567");
}
