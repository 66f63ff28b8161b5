#pragma once
// The ports, bound here and handed to the programs that serve them.

#include <vector>

#include "core/base/result.h"
#include "core/settings/settings.h"
#include "daemon/metkad/engine/household.h"

namespace metka::metkad {

// Faults name the address and the key: conflict (taken), denied (needs root), invalid (no such address here).
Result<std::vector<Listener>> bind_listeners(const settings::Settings& settings);
Result<sys::Descriptor> bind_control_socket(const std::string& path);

} // namespace metka::metkad
