#include "core/maildir/usage.h"

#include <algorithm>
#include <utility>

namespace metka::maildir {

namespace {

using namespace std::chrono_literals;

constexpr std::chrono::milliseconds oldest_count = 60s;
constexpr std::chrono::milliseconds oldest_refusal =
    1s; // a full inbox that everybody writes to is not read each time

std::uint64_t sum(std::initializer_list<std::uint64_t> parts)
{
    std::uint64_t total = 0;
    for (const auto part : parts)
        total = part > UINT64_MAX - total ? UINT64_MAX : total + part;
    return total;
}

std::uint64_t difference(std::uint64_t from, std::uint64_t part)
{
    return from > part ? from - part : 0;
}

} // namespace

Bytes overdraft_of(Bytes capacity)
{
    return std::min(Bytes{capacity.count / 10}, 10_MiB);
}

UsageBook::Change::Change(Change&& other) noexcept
    : book_(std::exchange(other.book_, nullptr)),
      inbox_(other.inbox_),
      landing_(other.landing_),
      added_(other.added_),
      removed_(other.removed_)
{
}

UsageBook::Change::~Change()
{
    if (book_ != nullptr) book_->end(*this);
}

void UsageBook::Change::added(Bytes size)
{
    ++added_.messages;
    added_.used.count = sum({added_.used.count, size.count});
}

void UsageBook::Change::removed(Bytes size)
{
    ++removed_.messages;
    removed_.used.count = sum({removed_.used.count, size.count});
}

bool UsageBook::is_fresh(const Entry& entry, const FolderTimes& times, std::chrono::milliseconds oldest) const
{
    if (!entry.counted) return false;
    if (entry.changing > 0) return true; // the folder's time moves under our own hands: ask again afterwards
    const auto now = clock_.now();
    return entry.times == times && now >= entry.counted_at && now - entry.counted_at < oldest;
}

Result<Counted> UsageBook::usage(const InboxFolders& inbox)
{
    return count(inbox, Asked::as_kept);
}

Result<Counted> UsageBook::count(const InboxFolders& inbox, Asked asked)
{
    const auto id = inbox.place.inbox;
    std::uint64_t changes = 0;
    Result<FolderTimes> times;
    {
        const std::scoped_lock lock(mutex_);
        times = times_of(
            inbox); // under the lock, or a change of ours that ends meanwhile looks like a stranger's
        if (!times) return pass(times);
        const auto& entry = entries_[id];
        const bool kept = is_fresh(entry, *times, asked == Asked::as_kept ? oldest_count : oldest_refusal);
        if (kept && (asked == Asked::as_kept || entry.changing == 0)) return *entry.counted;
        changes = entry.changes;
    }
    const auto counted = count_of(inbox, disk_);
    if (!counted) return counted;
    const std::scoped_lock lock(mutex_);
    auto& entry = entries_[id];
    const bool undisturbed = entry.changing == 0 && entry.changes == changes;
    if (!undisturbed) return counted; // it may hold a message that is still to be added
    entry.counted = *counted;
    entry.times = *times;
    entry.counted_at = clock_.now();
    return counted;
}

std::uint64_t UsageBook::take_promise(const MessageId& transaction, const InboxId& inbox)
{
    const auto promises = promises_.find(transaction);
    if (promises == promises_.end()) return 0;
    const auto promise = promises->second.find(inbox);
    if (promise == promises->second.end()) return 0;
    const auto octets = promise->second;
    promises->second.erase(promise);
    auto& entry = entries_[inbox];
    entry.promised = difference(entry.promised, octets);
    return octets;
}

bool UsageBook::try_promise(const Claim& claim, const Counted& counted)
{
    const auto id = claim.inbox.place.inbox;
    const std::scoped_lock lock(mutex_);
    const auto before = take_promise(claim.transaction, id);
    auto& entry = entries_[id];
    const auto wanted = sum({counted.used.count, entry.promised, entry.landing, claim.octets.count});
    const bool fits = wanted <= claim.capacity->count;
    const auto held = fits ? claim.octets.count : before; // refused: what was promised earlier still stands
    if (held == 0) return fits;
    entry.promised = sum({entry.promised, held});
    promises_[claim.transaction][id] = held;
    return fits;
}

Result<void> UsageBook::promise(const Claim& claim)
{
    if (!claim.capacity) return {};
    for (const auto asked : {Asked::as_kept, Asked::afresh}) {
        const auto counted = count(claim.inbox, asked);
        if (!counted) return pass(counted);
        if (try_promise(claim, *counted)) return {};
    }
    return fail(Fault::limit, "the inbox is full: no room for {} more within its {}", claim.octets.show(),
                claim.capacity->show());
}

void UsageBook::release(const MessageId& transaction)
{
    const std::scoped_lock lock(mutex_);
    const auto promises = promises_.find(transaction);
    if (promises == promises_.end()) return;
    for (const auto& [inbox, octets] : promises->second) {
        auto& entry = entries_[inbox];
        entry.promised = difference(entry.promised, octets);
    }
    promises_.erase(promises);
}

bool UsageBook::try_landing(const Claim& claim, const Counted& counted)
{
    const auto id = claim.inbox.place.inbox;
    const auto& capacity = claim.capacity;
    const std::scoped_lock lock(mutex_);
    auto& entry = entries_[id];
    const auto after = sum({counted.used.count, entry.landing, claim.octets.count});
    if (capacity && after > sum({capacity->count, overdraft_of(*capacity).count})) return false;
    take_promise(claim.transaction, id);
    entry.landing = sum({entry.landing, claim.octets.count});
    return true;
}

Result<UsageBook::Change> UsageBook::landing(const Claim& claim)
{
    for (const auto asked : {Asked::as_kept, Asked::afresh}) {
        const auto counted = claim.capacity ? count(claim.inbox, asked) : Result<Counted>(Counted{});
        if (!counted) return pass(counted);
        if (try_landing(claim, *counted)) return begin(claim.inbox, claim.octets);
    }
    return fail(Fault::limit, "the inbox is full: a message of {} does not fit into its {}",
                claim.octets.show(), claim.capacity->show());
}

UsageBook::Change UsageBook::begin(const InboxFolders& inbox, Bytes landing)
{
    const std::scoped_lock lock(mutex_);
    const auto times = times_of(inbox);
    auto& entry = entries_[inbox.place.inbox];
    // Somebody else has been here: what we knew is worth nothing, and our own change must not hide it.
    if (entry.changing == 0 && (!times || entry.times != *times)) entry.counted.reset();
    ++entry.changing;
    ++entry.changes;
    return {*this, inbox, landing};
}

void UsageBook::end(const Change& change)
{
    const std::scoped_lock lock(mutex_);
    const auto times = times_of(*change.inbox_);
    auto& entry = entries_[change.inbox_->place.inbox];
    entry.landing = difference(entry.landing, change.landing_.count);
    entry.changing = entry.changing > 0 ? entry.changing - 1 : 0;
    ++entry.changes;
    if (times) entry.times = *times;
    if (!entry.counted) return;
    auto& counted = *entry.counted;
    counted.used.count =
        difference(sum({counted.used.count, change.added_.used.count}), change.removed_.used.count);
    counted.messages = difference(counted.messages + change.added_.messages, change.removed_.messages);
}

void UsageBook::forget(const InboxId& inbox)
{
    const std::scoped_lock lock(mutex_);
    entries_.erase(inbox);
}

} // namespace metka::maildir
