#pragma once
// What metka-access may do, and nothing else. It serves POP3S, opens no file at all, and reaches an inbox
// only over the wire that a log-in made.

#include "core/settings/settings.h"
#include "core/sys/confine.h"

namespace metka::access {

sys::Posture posture(const settings::Settings& settings);

} // namespace metka::access
