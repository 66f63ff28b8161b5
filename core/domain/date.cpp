#include "core/domain/date.h"

#include "core/base/text.h"

namespace metka {

namespace {

using namespace std::chrono;

std::unexpected<Error> refuse(std::string_view text)
{
    return fail(Fault::invalid, "“{}” is not a date; write it like 2027-12-31, +30d, +6m or +1y",
                escaped(text, 40));
}

// 31 January + 1 month is the last day of February: the day is cut to the month it lands in.
year_month_day within_month(year_month_day day)
{
    return day.ok() ? day : year_month_day(day.year() / day.month() / last);
}

} // namespace

Result<Date> Date::parse(std::string_view text)
{
    if (text.size() != 10 || text[4] != '-' || text[7] != '-') return refuse(text);
    const auto y = parse_number(text.substr(0, 4));
    const auto m = parse_number(text.substr(5, 2));
    const auto d = parse_number(text.substr(8, 2));
    if (!y || !m || !d) return refuse(text);
    const year_month_day date{year(static_cast<int>(*y)), month(static_cast<unsigned>(*m)),
                              std::chrono::day(static_cast<unsigned>(*d))};
    if (!date.ok() || *y < 1970)
        return fail(Fault::invalid, "“{}” is not a day of the calendar", escaped(text, 40));
    return Date(date);
}

namespace {

// What is written is read again: a year has four digits.
Result<Date> within_calendar(const Date& date, std::string_view text)
{
    constexpr year last{9999};
    if (date.day().year() <= last) return date;
    return fail(Fault::invalid, "“{}” is after the year 9999", escaped(text, 40));
}

} // namespace

Result<Date> Date::parse(std::string_view text, Date today)
{
    if (!text.starts_with('+')) return parse(text);
    if (text.size() < 3) return refuse(text);
    const auto count = parse_number(text.substr(1, text.size() - 2));
    if (!count || *count > 36500) return refuse(text);
    const auto n = static_cast<int>(*count);
    constexpr int most_months =
        12 * 8000; // beyond, a year no longer fits its four digits, nor at last its type
    if ((text.back() == 'm' && n > most_months) || (text.back() == 'y' && n > most_months / 12))
        return refuse(text);
    switch (text.back()) {
    case 'd':
        return within_calendar(today.plus_days(n), text);
    case 'm':
        return within_calendar(Date(within_month(today.day() + months(n))), text);
    case 'y':
        return within_calendar(Date(within_month(today.day() + years(n))), text);
    default:
        return refuse(text);
    }
}

std::string Date::text() const
{
    return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(day_.year()),
                       static_cast<unsigned>(day_.month()), static_cast<unsigned>(day_.day()));
}

} // namespace metka
