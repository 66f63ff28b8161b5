#include "daemon/metkad/machine/time_zone.h"

#include <memory>

#include <unicode/gregocal.h>
#include <unicode/timezone.h>

namespace metka::metkad {

namespace {

using Calendar = std::unique_ptr<icu::GregorianCalendar>;

std::unexpected<Error> refuse(UErrorCode status)
{
    return fail(Fault::internal, "the calendar of ICU refused: {}", u_errorName(status));
}

Result<Calendar> calendar_of(const std::string& zone)
{
    std::unique_ptr<icu::TimeZone> found(icu::TimeZone::createTimeZone(icu::UnicodeString::fromUTF8(zone)));
    if (*found == icu::TimeZone::getUnknown())
        return fail(Fault::invalid,
                    "operator.time_zone: there is no time zone “{}”; write it like Europe/Warsaw", zone);
    UErrorCode status = U_ZERO_ERROR;
    auto calendar = std::make_unique<icu::GregorianCalendar>(*found, status);
    if (U_FAILURE(status)) return refuse(status);
    return calendar;
}

} // namespace

Result<Instant> end_of_day(const Date& day, const std::string& zone)
{
    auto calendar = calendar_of(zone);
    if (!calendar) return pass(calendar);
    const auto next = day.plus_days(1).day();
    (*calendar)->clear();
    (*calendar)->set(static_cast<int>(next.year()), static_cast<int>(static_cast<unsigned>(next.month())) - 1,
                     static_cast<int>(static_cast<unsigned>(next.day())));
    UErrorCode status = U_ZERO_ERROR;
    const auto milliseconds = (*calendar)->getTime(status);
    if (U_FAILURE(status)) return refuse(status);
    return from_unix_ms(static_cast<std::int64_t>(milliseconds));
}

Result<Date> day_of(Instant instant, const std::string& zone)
{
    auto calendar = calendar_of(zone);
    if (!calendar) return pass(calendar);
    UErrorCode status = U_ZERO_ERROR;
    (*calendar)->setTime(static_cast<UDate>(to_unix_ms(instant)), status);
    const auto year = (*calendar)->get(UCAL_YEAR, status);
    const auto month = (*calendar)->get(UCAL_MONTH, status);
    const auto day = (*calendar)->get(UCAL_DATE, status);
    if (U_FAILURE(status)) return refuse(status);
    return Date(std::chrono::year_month_day(std::chrono::year(year),
                                            std::chrono::month(static_cast<unsigned>(month) + 1),
                                            std::chrono::day(static_cast<unsigned>(day))));
}

} // namespace metka::metkad
