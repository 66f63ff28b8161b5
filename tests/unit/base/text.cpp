#include "core/base/text.h"

#include <doctest/doctest.h>

#include <array>
#include <string>
#include <vector>

using namespace metka;
using namespace std::string_literals;

TEST_CASE("numbers are decimal digits and nothing else")
{
    CHECK(parse_number("0") == 0);
    CHECK(parse_number("18446744073709551615") == 18446744073709551615U);
    for (const std::string_view text :
         {"", "-1", "+1", " 1", "1 ", "0x1", "1.5", "18446744073709551616", "١"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_number(text));
    }
}

TEST_CASE("only shortest UTF-8 without surrogates is UTF-8")
{
    for (const auto& good :
         {""s, "abc"s, "zażółć gęślą jaźń"s, "\xEF\xBF\xBD"s, "\xF4\x8F\xBF\xBF"s, "\0"s}) {
        CAPTURE(good);
        CHECK(is_utf8(good));
    }
    for (const auto& bad :
         {"\x80"s, "\xC0\x80"s, "\xC1\xBF"s, "\xC5"s, "\xE0\x80\x80"s, "\xED\xA0\x80"s, "\xE2\x82"s,
          "\xF0\x80\x80\x80"s, "\xF4\x90\x80\x80"s, "\xF5\x80\x80\x80"s, "\xFF"s, "a\xC5"s}) {
        CAPTURE(bad);
        CHECK_FALSE(is_utf8(bad));
    }
}

TEST_CASE("text from outside cannot steer a terminal or break a log line")
{
    CHECK(escaped("zażółć") == "zażółć");
    CHECK(escaped("a\r\nb") == "a\\x0D\\x0Ab");
    CHECK(escaped("\x1B[31m") == "\\x1B[31m");
    CHECK(escaped("\xC2\x9B") == "\\xC2\\x9B"); // a C1 control
    CHECK(escaped("\xFF\x7F") == "\\xFF\\x7F");
    CHECK(escaped("abcdef", 3) == "abc…");
    CHECK(escaped("ż", 1) == "\\xC5…"); // cut inside a character
}

TEST_CASE("splitting gives one piece more than there are separators")
{
    CHECK(split("", ',') == std::vector<std::string_view>{""});
    CHECK(split("a,,b,", ',') == std::vector<std::string_view>{"a", "", "b", ""});
}

TEST_CASE("trimming and comparing know ASCII alone")
{
    CHECK(trim(" \t a b\r\n") == "a b");
    CHECK(trim("  ").empty());
    CHECK(lower("ABCŻ") == "abcŻ");
    CHECK(same_ignoring_case("EHLO", "ehlo"));
    CHECK_FALSE(same_ignoring_case("EHLO", "EHLO "));
    CHECK(has_control("a\tb"));
    CHECK(has_control("a\x7F"));
    CHECK_FALSE(has_control("zażółć"));
}

TEST_CASE("a misspelt word finds the one that was meant, a strange one none")
{
    constexpr std::array<std::string_view, 3> words{"capacity", "customer", "domain"};
    CHECK(nearest("capcity", words) == "capacity");
    CHECK(nearest("domian", words) == "domain");
    CHECK_FALSE(nearest("zebra", words));
}
