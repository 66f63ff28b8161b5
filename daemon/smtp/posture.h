#pragma once
// What metka-smtp may do, and nothing else. It takes mail from the network, and opens no file but the
// directory database.

#include "core/settings/settings.h"
#include "core/sys/confine.h"

namespace metka::smtp {

sys::Posture posture(const settings::Settings& settings);

} // namespace metka::smtp
