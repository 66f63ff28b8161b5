#pragma once
// How full an inbox is: a mailbox by the names of its messages, a shell inbox by the files, since names lie
// there. What its user made unreadable takes room all the same.

#include <cstdint>

#include "core/base/bytes.h"
#include "core/maildir/disk.h"
#include "core/maildir/inbox_folders.h"

namespace metka::maildir {

struct Counted {
    Bytes used;
    std::uint64_t messages = 0;
    std::uint64_t skipped = 0; // in a shell inbox: what is no message of ours or theirs, or cannot be read
    bool operator==(const Counted&) const = default;
};
Result<Counted> count_of(const InboxFolders& folders, Disk& disk);

} // namespace metka::maildir
