#pragma once
// Reading an inbox into a Listing.

#include <memory>

#include "core/base/result.h"
#include "core/maildir/disk.h"
#include "core/maildir/inbox_folders.h"
#include "core/maildir/listing.h"

namespace metka::maildir {

struct ListingThen {
    std::shared_ptr<const Listing> listing;
    FolderTimes times; // of the folders, while they were read
    // Whatever is put in or taken out from now on changes `times`; otherwise that may have happened within
    // the same tick of the clock that stamps them.
    bool is_settled = false;
};

// The oldest `most`; however many there are, names of twice as many are held. `before`: an older listing of
// the same inbox, whose files need not be looked at again where only we put files there.
Result<ListingThen> read_listing(const InboxFolders& folders, Disk& disk, const Listing* before = nullptr,
                                 std::size_t most = most_listed);

} // namespace metka::maildir
