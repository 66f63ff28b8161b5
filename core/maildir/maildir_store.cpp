#include "core/maildir/maildir_store.h"

#include <algorithm>
#include <csignal>
#include <unordered_set>

#include <sys/resource.h>

#include "core/maildir/housekeeping.h"
#include "core/sys/file.h"
#include "core/sys/log.h"

namespace metka::maildir {

namespace {

constexpr std::size_t most_open_messages = 16'384;

// An inbox takes four descriptors; a quarter of what we may have is for inboxes, the rest for messages and
// wires.
std::size_t most_open_inboxes()
{
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 16;
    return std::clamp<std::size_t>(limit.rlim_cur / 16, 16, 1024);
}

} // namespace

MaildirStore::MaildirStore(sys::Descriptor mail, const Clock& clock, Disk& disk, Stopwatch stopwatch)
    : mail_(std::move(mail)),
      clock_(clock),
      disk_(disk),
      folders_(mail_.get(), disk, most_open_inboxes()),
      usage_(clock, disk),
      locks_(std::move(stopwatch), disk),
      listings_(disk),
      sessions_{.disk = disk, .folders = folders_, .usage = usage_, .locks = locks_, .listings = listings_}
{
}

Result<std::unique_ptr<MaildirStore>> MaildirStore::open(sys::Descriptor mail, const Clock& clock, Disk& disk,
                                                         Stopwatch stopwatch)
{
    // Who opens a file while we hold a lease on it makes the kernel tell us by SIGIO, which ends a process by
    // default.
    std::signal(SIGIO, SIG_IGN);
    const auto prepared = prepare_mail_folder(disk, mail.get());
    if (!prepared) return pass(prepared);
    return std::unique_ptr<MaildirStore>(
        new MaildirStore(std::move(mail), clock, disk, std::move(stopwatch)));
}

Result<void> MaildirStore::promise(const MessageId& transaction, const InboxFacts& inbox, Bytes octets)
{
    const auto folders = folders_.open(inbox);
    if (!folders) return pass(folders);
    const auto space = open_limited_space(inbox.space);
    if (!space) return pass(space);
    return usage_.promise({.transaction = transaction,
                           .inbox = **folders,
                           .capacity = inbox.capacity,
                           .octets = octets,
                           .space = space->get()});
}

Result<sys::Descriptor> MaildirStore::open_message(const MessageId& transaction, const InboxFacts& first)
{
    const auto folders = folders_.open(first);
    if (!folders) return pass(folders);
    auto writing = disk_.open_unnamed((*folders)->passing.get());
    if (!writing) return writing;
    auto reading = disk_.reopen_for_reading(writing->get());
    if (!reading) return reading;

    const std::scoped_lock lock(mutex_);
    if (open_.size() >= most_open_messages)
        return fail(Fault::unavailable, "too many messages are being written");
    const bool is_new = open_.try_emplace(transaction, std::move(*reading)).second;
    if (!is_new) return fail(Fault::conflict, "this transaction has its message already");
    return writing;
}

Result<MaildirStore::Recipients> MaildirStore::open_all(const std::vector<InboxFacts>& inboxes)
{
    Recipients recipients;
    std::unordered_set<InboxId> known; // recipients that lead to one inbox get one copy
    for (const auto& inbox : inboxes) {
        if (!known.insert(inbox.place.inbox).second) continue;
        auto folders = folders_.open(inbox);
        if (!folders) return pass(folders);
        auto space = open_limited_space(inbox.space);
        if (!space) return pass(space);
        recipients.push_back(
            {.folders = std::move(*folders), .capacity = inbox.capacity, .space = std::move(*space)});
    }
    if (recipients.empty()) return fail(Fault::invalid, "a message for no inbox cannot be stored");
    return recipients;
}

void MaildirStore::abandon(const MessageId& transaction)
{
    usage_.release(transaction);
    const std::scoped_lock lock(mutex_);
    open_.erase(transaction);
}

Result<std::unique_ptr<MaildirInbox>> MaildirStore::inbox(const InboxFacts& facts)
{
    const auto folders = folders_.open(facts);
    if (!folders) return pass(folders);
    return std::make_unique<MaildirInbox>(facts, sessions_);
}

std::unique_ptr<MaildirInbox> MaildirStore::inbox_at_once(const InboxFacts& facts)
{
    return folders_.kept(facts) ? std::make_unique<MaildirInbox>(facts, sessions_) : nullptr;
}

Result<sys::Descriptor> MaildirStore::make(const InboxPlace& place)
{
    return make_inbox_tree(disk_, mail_.get(), place);
}

Result<void> MaildirStore::make_all(const std::vector<InboxPlace>& places)
{
    return make_inbox_trees(disk_, mail_.get(), places);
}

Result<std::optional<sys::Descriptor>> MaildirStore::remove(const InboxPlace& place)
{
    folders_.forget(place.inbox);
    usage_.forget(place.inbox);
    listings_.forget(place.inbox);
    return trash_inbox_tree(disk_, mail_.get(), place, clock_.now());
}

void MaildirStore::empty_trash()
{
    maildir::empty_trash(disk_, mail_.get());
}

} // namespace metka::maildir
