#include "core/maildir/listings.h"

#include "core/sys/log.h"

namespace metka::maildir {

Result<std::shared_ptr<const Listing>> Listings::of(const InboxFolders& folders)
{
    if (auto same = kept(folders)) return same;
    const auto before = find(folders.place.inbox);
    auto now = read_listing(folders, disk_, before ? before->listing.get() : nullptr);
    if (!now) return pass(now);
    auto listing = now->listing;
    if (listing->skipped() > 0)
        sys::log(sys::Level::warning, "store.skipped",
                 {{"inbox", folders.path}, {"files", listing->skipped()}});
    if (folders.shell_uid == 0) keep(folders.place.inbox, std::move(*now));
    return listing;
}

std::shared_ptr<const Listing> Listings::kept(const InboxFolders& folders)
{
    const auto times = times_of(folders);
    const auto found = find(folders.place.inbox);
    return times && found && found->is_settled && found->times == *times ? found->listing : nullptr;
}

std::optional<ListingThen> Listings::find(const InboxId& inbox)
{
    const std::scoped_lock lock(mutex_);
    const auto found = by_inbox_.find(inbox);
    if (found == by_inbox_.end()) return std::nullopt;
    newest_first_.splice(newest_first_.begin(), newest_first_, found->second);
    return found->second->then;
}

void Listings::keep(const InboxId& inbox, ListingThen then)
{
    const std::scoped_lock lock(mutex_);
    const auto found = by_inbox_.find(inbox);
    if (found != by_inbox_.end()) drop(found->second);
    bytes_ += then.listing->bytes();
    newest_first_.push_front({.inbox = inbox, .then = std::move(then)});
    by_inbox_[inbox] = newest_first_.begin();
    while (bytes_ > most_bytes_)
        drop(std::prev(newest_first_.end()));
}

void Listings::drop(Order::iterator kept)
{
    bytes_ -= kept->then.listing->bytes();
    by_inbox_.erase(kept->inbox);
    newest_first_.erase(kept);
}

void Listings::forget(const InboxId& inbox)
{
    const std::scoped_lock lock(mutex_);
    const auto found = by_inbox_.find(inbox);
    if (found != by_inbox_.end()) drop(found->second);
}

std::size_t Listings::bytes() const
{
    const std::scoped_lock lock(mutex_);
    return bytes_;
}

} // namespace metka::maildir
