#pragma once
// Messages from one inbox into another that has them not yet: a mailbox that moves (DOMAIN "When states
// meet").

#include <functional>

#include "core/maildir/disk.h"
#include "core/maildir/inbox_folders.h"
#include "core/maildir/usage.h"

namespace metka::maildir {

struct CarryingFor {
    UsageBook::Change& change;           // of the inbox that gets them
    std::function<Result<void>()> go_on; // asked before each message: a fault ends it
};

// Each keeps its name, flags included, and its subfolder; where a link does not go it is copied, durably
// before it has its name. Nothing leaves `from`. Safe to repeat after any fault.
Result<void> carry(Disk& disk, const InboxFolders& from, const InboxFolders& to, const CarryingFor& whom);

} // namespace metka::maildir
