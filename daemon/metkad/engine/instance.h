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

// Two locks say whose an instance is. metkad.lock is metkad's own and goes with it, however it ends.
// instance.lock is one open file that its children hold too, so it is free only when the last of them has
// ended.
struct InstanceLocks {
    sys::Descriptor own;    // kept open, given to nobody
    sys::Descriptor shared; // for the children
};

// Waits up to 35 s for the programs of an earlier daemon, saying so once. conflict: another daemon lives
// here.
Result<InstanceLocks> lock_instance(int state_folder);

} // namespace metka::metkad
