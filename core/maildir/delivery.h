#pragma once
// Finished messages into their inboxes: each durable in all of them, or in none (DESIGN §2 "A message"),
// several together, so that they share their waits for the disk.
//
// First the bytes of all of them are written out, only then does any of them get a name, and only names that
// are durable count. What "durable" costs depends on the file system:
//
// - ext4 with a journal within it: whatever the journal commits, it commits with all that came before. The
//   bytes need only have reached the disk (an extent is converted before its write counts as done), and one
//   fsync of the file that was named last makes every name before it durable: one wait for the whole batch.
// - ext4 without one: a folder does not stand for the link counts of its files. The bytes are written out,
//   and after it was named each file is synced, and each folder once.
// - btrfs: neither a folder nor what was synced of a file without a name stands for the file (see
//   Disk::syncs_links). Each file is synced before it is named, so that no background commit leaves half of
//   it, and once more afterwards; then each folder.
// - everything else: each file is synced before it is named, and each folder that was named in once
//   afterwards.
//
// So a name that survives a crash always leads to bytes that did, too.

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/maildir/disk.h"
#include "core/maildir/inbox_folders.h"

namespace metka::maildir {

using InboxFoldersPtr = std::shared_ptr<const InboxFolders>;

struct Shipment {
    std::string name; // in every inbox
    std::string_view text;
    int file = -1; // in place of the text: open for reading, without a name, and nobody writes to it any more
    std::vector<InboxFoldersPtr> inboxes; // at least one
    Result<void> outcome = {};            // faults: unavailable, io; conflict: the name is taken
};

// Each inbox gets a link to the one file; one that no link reaches, or whose user could not read it under the
// group it has, gets bytes of its own. One that fails takes no other along, unless what they share fails: a
// journal, a folder. What failed has its names taken back.
void deliver(Disk& disk, std::span<Shipment> shipments);

} // namespace metka::maildir
