#pragma once
// What metka-auth may do, and nothing else. It owns the secrets, and answers yes or no.

#include "core/settings/settings.h"
#include "core/sys/confine.h"

namespace metka::auth {

sys::Posture posture(const settings::Settings& settings);

} // namespace metka::auth
