#pragma once
// Calendar days of the operator's time zone (DOMAIN "Life of a mailbox"), by ICU.

#include <string>

#include "core/base/clock.h"
#include "core/base/result.h"
#include "core/domain/date.h"

namespace metka::metkad {

// Faults: invalid (no such time zone).
Result<Instant> end_of_day(const Date& day, const std::string& zone); // the first instant of the next day
Result<Date> day_of(Instant instant, const std::string& zone);

} // namespace metka::metkad
