#pragma once
// The three errands. Each has an open folder, works below it, and follows no link that lies there.

#include <string>

#include "core/base/result.h"
#include "core/household/errand.h"
#include "core/sys/descriptor.h"

namespace metka::errand {

// The home of a user, as the user database names it: its last part must be no link. denied: not that user's.
Result<sys::Descriptor> open_home(const std::string& path, std::uint32_t uid);

Result<household::Linked> link_maildir(const sys::Descriptor& home, const std::string& target);
household::Measured measure(const sys::Descriptor& home);
household::Cleared clear(const sys::Descriptor& folder); // the folder itself stays

} // namespace metka::errand
