#pragma once
// The state folder of one instance: its folders, their owners, and the lock that says whose it is (DESIGN
// §2).

#include <string>

#include "core/base/result.h"
#include "core/settings/settings.h"
#include "core/sys/descriptor.h"

namespace metka::metkad {

bool runs_as_root();

// Makes what is missing below the state folder and sets owners and modes by descriptor. Faults: denied (not
// writable), invalid (no such user or group).
Result<sys::Descriptor> make_folders(const settings::Settings& settings);

// The exclusive lock of the instance. Children hold the same open file, so it is free only when the last of
// them has ended: waits up to 35 s for those of an earlier daemon, saying so once. conflict: another daemon
// lives here.
Result<sys::Descriptor> lock_instance(int state_folder);

} // namespace metka::metkad
