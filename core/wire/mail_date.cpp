#include "core/wire/mail_date.h"

#include <array>
#include <chrono>
#include <string_view>

#include <fmt/format.h>

namespace metka::wire {

std::string mail_date(Instant instant)
{
    constexpr std::array<std::string_view, 7> weekdays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    constexpr std::array<std::string_view, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const auto midnight = std::chrono::floor<std::chrono::days>(instant);
    const std::chrono::year_month_day day{midnight};
    const std::chrono::hh_mm_ss time{std::chrono::floor<std::chrono::seconds>(instant - midnight)};
    return fmt::format(
        "{}, {:02} {} {} {:02}:{:02}:{:02} +0000", weekdays[std::chrono::weekday(midnight).c_encoding()],
        static_cast<unsigned>(day.day()), months[static_cast<unsigned>(day.month()) - 1],
        static_cast<int>(day.year()), time.hours().count(), time.minutes().count(), time.seconds().count());
}

} // namespace metka::wire
