#pragma once
// The trees of inboxes: made, taken away, and the mail folder itself looked after.

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

// Into the trash by one rename, durably; then removed as far as we can. Repeating it is no fault.
Result<void> trash_inbox_tree(Disk& disk, int mail, const InboxPlace& place, Instant now);
void empty_trash(Disk& disk, int mail); // what an earlier run left; logs what stays

} // namespace metka::maildir
