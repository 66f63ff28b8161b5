#pragma once
// What an errand may do, and nothing else: one folder is all it sees of the file system.

#include <string>

#include "core/sys/confine.h"

namespace metka::errand {

sys::Posture posture_to_link(const std::string& home);
sys::Posture posture_to_measure(const std::string& home);
sys::Posture posture_to_clear(const std::string& folder);

} // namespace metka::errand
