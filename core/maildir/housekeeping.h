#pragma once
// The trees of inboxes: made, taken away, and the mail folder itself looked after.

#include <optional>
#include <vector>

#include "core/base/clock.h"
#include "core/maildir/disk.h"
#include "core/maildir/places.h"
#include "core/sys/descriptor.h"

namespace metka::maildir {

// The folders beneath `mail` that every instance has: box, shell, trash. Then checks that the file system can
// do what a delivery needs: files without a name, links to them, leases. invalid: it cannot; the text says
// which (exit 78).
Result<void> prepare_mail_folder(Disk& disk, int mail);

// Makes what is not there yet; what is there keeps its mode and owner. Durable. Gives the Maildir.
Result<sys::Descriptor> make_inbox_tree(Disk& disk, int mail, const InboxPlace& place);

// The same for many at the price of few: all are made, then one sync of the file system serves them all.
Result<void> make_inbox_trees(Disk& disk, int mail, const std::vector<InboxPlace>& places);

// Into the trash by one rename, durably; then removed as far as we can. Repeating it is no fault, and goes on
// with what is left. Gives a folder in a shell account's Maildir that only its owner can empty; then it is to
// be repeated. The folder may be closed to us: it is held, not open (O_PATH). unavailable: something could
// not be looked into (too many files are open); to be repeated, too.
Result<std::optional<sys::Descriptor>> trash_inbox_tree(Disk& disk, int mail, const InboxPlace& place,
                                                        Instant now);
void empty_trash(Disk& disk, int mail); // what an earlier run or version left; logs what stays

} // namespace metka::maildir
