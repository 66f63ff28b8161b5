#pragma once
// A date as header fields have it (RFC 5322 §3.3), in UTC.

#include <string>

#include "core/base/clock.h"

namespace metka::wire {

std::string mail_date(Instant instant); // "Thu, 01 Jan 2026 00:00:00 +0000"

} // namespace metka::wire
