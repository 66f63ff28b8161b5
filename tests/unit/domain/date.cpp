#include "core/domain/date.h"

#include <doctest/doctest.h>

#include <vector>

#include "core/domain/objects.h"

using namespace metka;

TEST_CASE("dates are days of the calendar, written in ISO")
{
    for (const std::string_view text :
         {"2027-12-31", "2024-02-29", "1970-01-01", "2038-01-20", "9999-12-31"}) {
        const auto date = Date::parse(text);
        REQUIRE(date);
        CHECK(date->text() == text);
    }
    for (const std::string_view text :
         {"", "2027", "2027-1-1", "31.12.2027", "2027-13-01", "2027-02-29", "2027-04-31", "2027-00-10",
          "2027-10-00", "1969-12-31", "2027-12-31 ", "2027/12/31", "+30d", "20271231"}) {
        CAPTURE(text);
        CHECK_FALSE(Date::parse(text));
    }
}

TEST_CASE("a date may be said from today on, cut to the month it lands in")
{
    struct Row {
        std::string_view today, text, date;
    };
    const std::vector<Row> rows{
        {"2026-01-31", "+1d", "2026-02-01"}, {"2026-01-31", "+30d", "2026-03-02"},
        {"2026-01-31", "+1m", "2026-02-28"}, {"2024-01-31", "+1m", "2024-02-29"},
        {"2024-02-29", "+1y", "2025-02-28"}, {"2026-12-15", "+1m", "2027-01-15"},
        {"2026-12-15", "+0d", "2026-12-15"}, {"2026-12-15", "2027-12-31", "2027-12-31"},
    };
    for (const auto& row : rows) {
        CAPTURE(row.text);
        const auto date = Date::parse(row.text, Date::parse(row.today).value());
        REQUIRE(date);
        CHECK(date->text() == row.date);
    }
    for (const std::string_view text :
         {"+", "+d", "+1", "+1w", "+-1d", "+36501d", "30d", "+99999999999999999999d"}) {
        CAPTURE(text);
        CHECK_FALSE(Date::parse(text, Date::parse("2026-01-01").value()));
    }
}

TEST_CASE("names of customers and shell accounts are what useradd takes")
{
    for (const std::string_view good : {"a", "anna", "anna-2", "a_b", "abcdefghijklmnopqrstuvwxyz01234"})
        CHECK(parse_name(good, "customer"));
    for (const std::string_view bad :
         {"", "2anna", "-a", "_a", "Anna", "a b", "a.b", "ż", "a/b", "abcdefghijklmnopqrstuvwxyz012345"}) {
        CAPTURE(bad);
        const auto name = parse_name(bad, "customer");
        REQUIRE_FALSE(name);
        CHECK(name.error().text.contains("customer"));
    }
}

TEST_CASE("titles are one line of text")
{
    CHECK(parse_title("Moja Firma Sp. z o.o. „Żółw”"));
    CHECK(parse_title(""));
    CHECK_FALSE(parse_title("a\nb"));
    CHECK_FALSE(parse_title("\xFF"));
    CHECK_FALSE(parse_title(std::string(201, 'a')));
}

TEST_CASE("no way of writing a day leads beyond the year 9999, which could not be read again")
{
    const auto today = Date::parse("2026-11-22").value();
    for (const std::string_view bad : {"+8000y", "+9000y", "+36500y", "+36500m0", "+97000m"}) {
        CAPTURE(bad);
        CHECK_FALSE(Date::parse(bad, today));
    }
    for (const std::string_view good : {"+36500d", "+36500m", "+7900y"}) {
        CAPTURE(good);
        const auto day = Date::parse(good, today);
        REQUIRE(day);
        CHECK(Date::parse(day->text()) == *day);
    }
}
