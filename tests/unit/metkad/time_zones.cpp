#include "daemon/metkad/machine/time_zone.h"

#include <doctest/doctest.h>

using namespace metka;
using namespace metka::metkad;
using namespace std::chrono;

TEST_CASE(
    "a day ends when the next one begins, in summer, in winter, and where clocks are put forward at midnight")
{
    struct Row {
        std::string_view day;
        std::string zone;
        sys_seconds ends;
    };
    const Row rows[] = {
        {"2027-12-31", "Europe/Warsaw", sys_days(2027y / 12 / 31) + 23h},
        {"2027-07-01", "Europe/Warsaw", sys_days(2027y / 7 / 1) + 22h},
        {"2027-03-28", "Europe/Warsaw", sys_days(2027y / 3 / 28) + 22h},  // 23 hours long
        {"2027-10-31", "Europe/Warsaw", sys_days(2027y / 10 / 31) + 23h}, // 25 hours long
        {"2028-02-29", "UTC", sys_days(2028y / 3 / 1)},
        {"2038-01-19", "UTC", sys_days(2038y / 1 / 20)},
        {"2018-11-03", "America/Sao_Paulo", sys_days(2018y / 11 / 4) + 3h}, // no 00:00 on 4 November
    };
    for (const auto& row : rows) {
        CAPTURE(row.day);
        const auto ends = end_of_day(Date::parse(row.day).value(), row.zone);
        REQUIRE(ends.has_value());
        CHECK(*ends == row.ends);
    }
}

TEST_CASE("today is the day of the operator's time zone")
{
    const Instant instant = sys_days(2026y / 3 / 10) + 23h + 30min;
    CHECK(day_of(instant, "UTC")->text() == "2026-03-10");
    CHECK(day_of(instant, "Europe/Warsaw")->text() == "2026-03-11");
}

TEST_CASE("a time zone that is none is refused by its name")
{
    CHECK(day_of(Instant(), "Europe/Warszawa").error().fault == Fault::invalid);
    CHECK(end_of_day(Date::parse("2026-01-01").value(), "").error().fault == Fault::invalid);
}
