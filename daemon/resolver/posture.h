#pragma once
// What metka-resolver may do, and nothing else: no file, no program, no listener; clients over UDP, and over
// TCP to the ports of its servers.

#include <cstdint>
#include <vector>

#include "core/sys/confine.h"

namespace metka::resolver {

sys::Posture posture(std::vector<std::uint16_t> ports);

} // namespace metka::resolver
