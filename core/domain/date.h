#pragma once
// A calendar day in the operator's time zone, as in `--valid-until 2027-12-31`. Programs compare Instants; a
// Date becomes one where the time zone is known (metkad).

#include <chrono>
#include <compare>
#include <string>
#include <string_view>

#include "core/base/result.h"

namespace metka {

class Date {
  public:
    explicit Date(std::chrono::year_month_day day) : day_(day) {}

    static Result<Date> parse(std::string_view);             // ISO: 2027-12-31
    static Result<Date> parse(std::string_view, Date today); // also +30d, +6m, +1y
    std::string text() const;                                // 2027-12-31
    std::chrono::sys_days days() const { return std::chrono::sys_days(day_); }
    const std::chrono::year_month_day& day() const { return day_; }
    Date plus_days(int days) const
    {
        return Date(std::chrono::year_month_day(this->days() + std::chrono::days(days)));
    }

    auto operator<=>(const Date&) const = default;

  private:
    std::chrono::year_month_day day_;
};

} // namespace metka
