#include "core/maildir/usage.h"

#include <algorithm>
#include <array>
#include <utility>

namespace metka::maildir {

namespace {

using namespace std::chrono_literals;

// How old a count may be, by UsageBook::Asked. A full inbox that everybody writes to is not read each time.
constexpr std::array<std::chrono::milliseconds, 3> oldest_count{60s, 1s, 0s};

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
      weight_(other.weight_),
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

bool UsageBook::is_recent(const Entry& entry, std::chrono::milliseconds oldest) const
{
    if (!entry.counted) return false;
    if (entry.changing > 0) return true; // the folder's time moves under our own hands: ask again afterwards
    const auto now = clock_.now();
    return now >= entry.counted_at && now - entry.counted_at < oldest;
}

bool UsageBook::is_fresh(const Entry& entry, const FolderTimes& times, std::chrono::milliseconds oldest) const
{
    return is_recent(entry, oldest) && (entry.changing > 0 || entry.times == times);
}

Result<Counted> UsageBook::usage(const InboxFolders& inbox, Asked asked)
{
    const auto snapshot = count(inbox, asked);
    if (!snapshot) return pass(snapshot);
    return snapshot->counted;
}

Result<Bytes> UsageBook::usage(const Space& space, Asked asked)
{
    auto used = space.home;
    for (const auto& inbox : space.inboxes) {
        const auto snapshot = count(*inbox, asked);
        if (!snapshot) return pass(snapshot);
        used.count = sum({used.count, snapshot->counted.used.count});
    }
    return used;
}

Result<UsageBook::Snapshot> UsageBook::count(const InboxFolders& inbox, Asked asked)
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
        const bool kept = is_fresh(entry, *times, oldest_count[static_cast<std::size_t>(asked)]);
        if (kept && (asked == Asked::as_kept || entry.changing == 0))
            return Snapshot{.counted = *entry.counted, .changes = entry.changes};
        changes = entry.changes;
    }
    const auto counted = count_of(inbox, disk_);
    if (!counted) return pass(counted);
    const std::scoped_lock lock(mutex_);
    auto& entry = entries_[id];
    const Snapshot snapshot{.counted = *counted, .changes = changes};
    const bool undisturbed = entry.changing == 0 && entry.changes == changes;
    if (!undisturbed) return snapshot; // it may hold a message that is still to be added
    entry.counted = *counted;
    entry.times = *times;
    entry.counted_at = clock_.now();
    return snapshot;
}

std::optional<Counted> UsageBook::last_known(const InboxFolders& inbox)
{
    const std::scoped_lock lock(mutex_);
    const auto found = entries_.find(inbox.place.inbox);
    return found == entries_.end() ? std::nullopt : found->second.counted;
}

Result<UsageBook::Snapshots> UsageBook::count(const Claim& claim, Asked asked)
{
    Snapshots counts;
    if (claim.capacity) {
        const auto counted = count(claim.inbox, asked);
        if (!counted) return pass(counted);
        counts.inbox = *counted;
    }
    if (claim.space == nullptr) return counts;
    for (const auto& inbox : claim.space->inboxes) {
        const auto counted = count(*inbox, asked);
        if (!counted) return pass(counted);
        counts.space.push_back(*counted);
    }
    return counts;
}

// A message that another worker stored since the snapshot is in the entry's own count, and in nothing else.
std::uint64_t UsageBook::used_now(const InboxId& inbox, const Snapshot& counted) const
{
    const auto found = entries_.find(inbox);
    const bool has_moved = found != entries_.end() && found->second.changes != counted.changes;
    if (has_moved && found->second.counted) return found->second.counted->used.count;
    return counted.counted.used.count;
}

std::uint64_t UsageBook::used_now(const Space& space, const Snapshots& counts) const
{
    auto used = space.home.count;
    for (std::size_t i = 0; i < space.inboxes.size(); ++i)
        used = sum({used, used_now(space.inboxes[i]->place.inbox, counts.space[i])});
    return used;
}

UsageBook::Weight UsageBook::take_promise(const MessageId& transaction, const InboxId& inbox)
{
    const auto promises = promises_.find(transaction);
    if (promises == promises_.end()) return {};
    const auto promise = promises->second.find(inbox);
    if (promise == promises->second.end()) return {};
    const auto held = promise->second;
    promises->second.erase(promise);
    auto& ledger = entries_[inbox].ledger;
    ledger.promised = difference(ledger.promised, held.octets.count);
    if (held.space.empty()) return held;
    auto& space = spaces_[held.space];
    space.promised = difference(space.promised, held.octets.count);
    return held;
}

void UsageBook::hold(const Claim& claim, const Weight& held)
{
    if (held.octets.count == 0) return;
    const auto inbox = claim.inbox.place.inbox;
    auto& ledger = entries_[inbox].ledger;
    ledger.promised = sum({ledger.promised, held.octets.count});
    promises_[claim.transaction][inbox] = held;
    if (held.space.empty()) return;
    auto& space = spaces_[held.space];
    space.promised = sum({space.promised, held.octets.count});
}

UsageBook::Room UsageBook::note_promise(const Claim& claim, const Snapshots& counts)
{
    const auto id = claim.inbox.place.inbox;
    const auto* const space = claim.space;
    const auto before = take_promise(claim.transaction, id);
    const auto fits = [&](std::uint64_t used, const Ledger& ledger, Bytes limit) {
        return sum({used, ledger.promised, ledger.landing, claim.octets.count}) <= limit.count;
    };
    auto room = Room::there;
    if (space != nullptr && !fits(used_now(*space, counts), spaces_[space->shell], space->limit))
        room = Room::space_full;
    if (claim.capacity && !fits(used_now(id, counts.inbox), entries_[id].ledger, *claim.capacity))
        room = Room::inbox_full; // and no purge in its space would help
    // Refused: what was promised earlier still stands.
    const Weight wanted{.octets = claim.octets, .space = space != nullptr ? space->shell : InboxId{}};
    hold(claim, room == Room::there ? wanted : before);
    return room;
}

UsageBook::Room UsageBook::note_landing(const Claim& claim, const Snapshots& counts)
{
    const auto id = claim.inbox.place.inbox;
    const auto* const space = claim.space;
    const auto fits = [&](std::uint64_t used, const Ledger& ledger, Bytes limit) {
        return sum({used, ledger.landing, claim.octets.count}) <=
               sum({limit.count, overdraft_of(limit).count});
    };
    if (claim.capacity && !fits(used_now(id, counts.inbox), entries_[id].ledger, *claim.capacity))
        return Room::inbox_full;
    if (space != nullptr && !fits(used_now(*space, counts), spaces_[space->shell], space->limit))
        return Room::space_full;
    take_promise(claim.transaction, id);
    auto& ledger = entries_[id].ledger;
    ledger.landing = sum({ledger.landing, claim.octets.count});
    if (space != nullptr)
        spaces_[space->shell].landing = sum({spaces_[space->shell].landing, claim.octets.count});
    return Room::there;
}

UsageBook::Room UsageBook::tried(const Claim& claim, const Snapshots& counts, Attempt attempt)
{
    const std::scoped_lock lock(mutex_);
    return (this->*attempt)(claim, counts);
}

Result<void> UsageBook::admit(const Claim& claim, Attempt attempt)
{
    for (auto asked = Asked::as_kept;;) {
        const auto counts = count(claim, asked);
        if (!counts) return pass(counts);
        const auto room = tried(claim, *counts, attempt);
        if (room == Room::there) return {};
        const bool is_last = asked != Asked::as_kept;
        asked = Asked::afresh;
        if (!is_last || (room == Room::space_full && claim.space->make_room && claim.space->make_room()))
            continue;
        if (room == Room::inbox_full)
            return fail(Fault::limit, "the inbox is full: no room for {} more within its {}",
                        claim.octets.show(), claim.capacity->show());
        return fail(Fault::limit, "the account is full: no room for {} more within its disk limit of {}",
                    claim.octets.show(), claim.space->limit.show());
    }
}

Result<void> UsageBook::promise(const Claim& claim)
{
    if (!claim.capacity && claim.space == nullptr) return {};
    return admit(claim, &UsageBook::note_promise);
}

std::optional<Result<void>> UsageBook::promise_at_once(const Claim& claim)
{
    if (!claim.capacity) return Result<void>();
    const std::scoped_lock lock(mutex_);
    const auto found = entries_.find(claim.inbox.place.inbox);
    if (found == entries_.end() || !is_recent(found->second, oldest_count.front())) return std::nullopt;
    const auto& entry = found->second;
    if (!is_far_from_full(entry, claim)) {
        const auto times = times_of(claim.inbox);
        if (!times || !is_fresh(entry, *times, oldest_count.front())) return std::nullopt;
    }
    if (note_promise(claim, counts_of(entry)) != Room::there) return std::nullopt;
    return Result<void>();
}

// Such an inbox is promised room without a look at its folders. Whether somebody else has put files there
// is then for landing() to find out, which counts anew and refuses what does not fit: they will hardly have
// filled half of it in the meantime.
bool UsageBook::is_far_from_full(const Entry& counted, const Claim& claim)
{
    const auto& ledger = counted.ledger;
    const auto used = sum({counted.counted->used.count, ledger.promised, ledger.landing, claim.octets.count});
    return used <= claim.capacity->count / 2;
}

UsageBook::Snapshots UsageBook::counts_of(const Entry& counted)
{
    return {.inbox = {.counted = *counted.counted, .changes = counted.changes}, .space = {}};
}

void UsageBook::release(const MessageId& transaction)
{
    const std::scoped_lock lock(mutex_);
    while (true) {
        const auto promises = promises_.find(transaction);
        if (promises == promises_.end()) return;
        if (promises->second.empty()) {
            promises_.erase(promises);
            return;
        }
        const auto inbox = promises->second.begin()->first; // the entry goes before its name is used
        take_promise(transaction, inbox);
    }
}

// Where a count that is fresh says that there is room: all of landing() with one look at the folders.
std::optional<UsageBook::Change> UsageBook::landing_at_once(const Claim& claim)
{
    const bool is_simple = claim.capacity && claim.space == nullptr;
    if (!is_simple) return std::nullopt;
    const std::scoped_lock lock(mutex_);
    const auto found = entries_.find(claim.inbox.place.inbox);
    if (found == entries_.end()) return std::nullopt;
    const auto times = times_of(claim.inbox);
    if (!times || !is_fresh(found->second, *times, oldest_count.front())) return std::nullopt;
    if (note_landing(claim, counts_of(found->second)) != Room::there) return std::nullopt;
    return note_begin(claim.inbox, times, {.octets = claim.octets, .space = {}});
}

Result<UsageBook::Change> UsageBook::landing(const Claim& claim)
{
    auto at_once = landing_at_once(claim);
    if (at_once) return std::move(*at_once);
    const auto admitted = admit(claim, &UsageBook::note_landing);
    if (!admitted) return pass(admitted);
    return begin(claim.inbox,
                 {.octets = claim.octets, .space = claim.space != nullptr ? claim.space->shell : InboxId{}});
}

UsageBook::Change UsageBook::begin(const InboxFolders& inbox, const Weight& weight)
{
    const std::scoped_lock lock(mutex_);
    return note_begin(inbox, times_of(inbox), weight);
}

UsageBook::Change UsageBook::note_begin(const InboxFolders& inbox, const Result<FolderTimes>& times,
                                        const Weight& weight)
{
    auto& entry = entries_[inbox.place.inbox];
    // Somebody else has been here: what we knew is worth nothing, and our own change must not hide it.
    if (entry.changing == 0 && (!times || entry.times != *times)) entry.counted.reset();
    ++entry.changing;
    ++entry.changes;
    return {*this, inbox, weight};
}

void UsageBook::end(const Change& change)
{
    const std::scoped_lock lock(mutex_);
    const auto times = times_of(*change.inbox_);
    auto& entry = entries_[change.inbox_->place.inbox];
    entry.ledger.landing = difference(entry.ledger.landing, change.weight_.octets.count);
    if (!change.weight_.space.empty()) {
        auto& space = spaces_[change.weight_.space];
        space.landing = difference(space.landing, change.weight_.octets.count);
    }
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
