#include "core/wire/mail_date.h"

#include <doctest/doctest.h>

#include <vector>

using namespace metka;

TEST_CASE("dates are written as RFC 5322 wants them")
{
    struct Row {
        std::int64_t ms;
        std::string_view date;
    };
    const std::vector<Row> rows{
        {0, "Thu, 01 Jan 1970 00:00:00 +0000"},
        {951'782'400'000, "Tue, 29 Feb 2000 00:00:00 +0000"},
        {1'798'761'599'999, "Thu, 31 Dec 2026 23:59:59 +0000"},
        {2'147'483'648'000, "Tue, 19 Jan 2038 03:14:08 +0000"}, // one second more than 32 bits hold
    };
    for (const auto& row : rows)
        CHECK(wire::mail_date(from_unix_ms(row.ms)) == row.date);
}
