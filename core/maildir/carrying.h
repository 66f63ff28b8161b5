#pragma once
// Messages from one place of a mailbox into another: a mailbox that moves (DOMAIN "When states meet").

#include <functional>

#include "core/maildir/disk.h"
#include "core/maildir/inbox_folders.h"
#include "core/maildir/protocol.h"
#include "core/maildir/usage.h"

namespace metka::maildir {

struct CarryingFor {
    UsageBook::Change& change;           // of the inbox that gets them
    std::function<Result<bool>()> go_on; // asked before each message: false ends this step, a fault all of it
    Pass pass = Pass::copying;
};

// Each keeps its name, flags included, and its subfolder; where a link does not go it is copied, durably
// before it has its name. Nothing leaves `from`. In the last pass what `from` has no more leaves `to`, too,
// and names follow those in `from`. true: nothing is left to do; false: the step ended before, and the next
// one goes on from there. Safe to repeat after any fault.
Result<bool> carry(Disk& disk, const InboxFolders& from, const InboxFolders& to, const CarryingFor& whom);

} // namespace metka::maildir
