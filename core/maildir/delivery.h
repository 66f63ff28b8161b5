#pragma once
// One finished message into several inboxes: durable in all of them, or in none (DESIGN §2 "A message").

#include <memory>
#include <string>
#include <vector>

#include "core/maildir/disk.h"
#include "core/maildir/inbox_folders.h"

namespace metka::maildir {

using InboxFoldersPtr = std::shared_ptr<const InboxFolders>;

// `file` is open for reading, has no name yet, and nobody can write to it any more. Each inbox gets a link to
// it; one that cannot have a link, or whose user could not read it under the group it has, gets a copy. When
// it fails, the names that were given have been taken back. Faults: unavailable, io; conflict: the name is
// taken.
Result<void> deliver(Disk& disk, int file, const std::string& name,
                     const std::vector<InboxFoldersPtr>& inboxes);

} // namespace metka::maildir
