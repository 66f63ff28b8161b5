#pragma once
// Landlock by system call: Debian 12's headers know ABI 2, the kernel may know more. Only what the running
// kernel supports is asked for; the rest is reported as missing.

#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/sys/confine.h"

namespace metka::sys {

// Binds the calling thread (so: before any other is started). Returns what could not be had.
Result<std::vector<std::string>> landlock(const std::vector<Place>& places,
                                          const std::vector<std::uint16_t>& ports);

} // namespace metka::sys
