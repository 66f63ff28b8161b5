#pragma once
// The listings that were made last, kept in memory while the folders' times say that nothing has changed: a
// mail program that polls reads no folder. Of shell inboxes none is kept, since their users can change a file
// without changing its folder. Any thread may call.

#include <list>
#include <memory>
#include <mutex>
#include <unordered_map>

#include "core/maildir/list_reader.h"

namespace metka::maildir {

class Listings {
  public:
    explicit Listings(Disk& disk, std::size_t most_bytes = std::size_t{64} << 20)
        : disk_(disk), most_bytes_(most_bytes)
    {
    }

    // As it is now.
    Result<std::shared_ptr<const Listing>> of(const InboxFolders& folders);
    std::shared_ptr<const Listing> kept(const InboxFolders& folders); // null: of() would read the folders
    void forget(const InboxId& inbox);
    std::size_t bytes() const;

  private:
    struct Kept {
        InboxId inbox;
        ListingThen then;
    };
    using Order = std::list<Kept>;
    std::optional<ListingThen> find(const InboxId& inbox);
    void keep(const InboxId& inbox, ListingThen then);
    void drop(Order::iterator kept);

    Disk& disk_;
    std::size_t most_bytes_;
    mutable std::mutex mutex_;
    Order newest_first_;
    std::unordered_map<InboxId, Order::iterator> by_inbox_;
    std::size_t bytes_ = 0;
};

} // namespace metka::maildir
