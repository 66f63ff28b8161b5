#pragma once
// What metka-store may do, and nothing else. The only program that touches Maildirs: it writes, links, lists,
// counts and removes.

#include "core/settings/settings.h"
#include "core/sys/confine.h"

namespace metka::store {

sys::Posture posture(const settings::Settings& settings);

} // namespace metka::store
