#include "core/maildir/inbox_folders.h"

#include <fmt/format.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "core/sys/file.h"
#include "core/sys/log.h"

namespace metka::maildir {

namespace {

// The same as to compare the paths that follow from both.
bool lies_at(const InboxFolders& folders, const InboxPlace& place)
{
    const auto& there = folders.place;
    return there.inbox == place.inbox && there.inbox_kind == place.inbox_kind && there.shell == place.shell;
}

bool same_time(const timespec& one, const timespec& other)
{
    return one.tv_sec == other.tv_sec && one.tv_nsec == other.tv_nsec;
}

} // namespace

bool FolderTimes::operator==(const FolderTimes& other) const
{
    return same_time(fresh, other.fresh) && same_time(seen, other.seen);
}

Result<FolderTimes> times_of(const InboxFolders& folders)
{
    const auto fresh = sys::status_of(folders.fresh.get());
    if (!fresh) return pass(fresh);
    const auto seen = sys::status_of(folders.seen.get());
    if (!seen) return pass(seen);
    return FolderTimes{.fresh = fresh->st_ctim, .seen = seen->st_ctim};
}

Result<std::shared_ptr<const InboxFolders>> FolderCache::open(const InboxFacts& facts)
{
    auto held = kept(facts);
    if (held) return held;
    const auto path = path_of(facts.place);
    if (!path) return pass(path);
    auto opened = open_afresh(facts, *path);
    if (opened) keep(*opened);
    return opened;
}

Result<std::shared_ptr<const InboxFolders>> FolderCache::open_afresh(const InboxFacts& facts,
                                                                     const std::string& path)
{
    auto folders = std::make_shared<InboxFolders>();
    folders->place = facts.place;
    folders->shell_uid = facts.shell_uid;
    folders->path = path;
    auto maildir = disk_.open_folder(mail_, path);
    if (!maildir) return pass(maildir);
    folders->maildir = std::move(*maildir);
    const auto status = sys::status_of(folders->maildir.get());
    if (!status) return pass(status);
    // Whoever owns Maildir could put another folder in the place of new/ while we use it.
    if (status->st_uid != geteuid()) return fail(Fault::denied, "{} does not belong to the mail store", path);
    folders->device = status->st_dev;
    const auto nature = nature_of(folders->maildir.get(), status->st_dev);
    folders->is_journaled = nature.is_journaled;
    folders->keeps_bytes = nature.keeps_bytes;
    folders->syncs_links = nature.syncs_links;

    auto* const held = folders.get();
    const std::pair<const char*, sys::Descriptor*> parts[] = {
        {"new", &held->fresh}, {"cur", &held->seen}, {"tmp", &held->passing}};
    for (const auto& [name, descriptor] : parts) {
        auto opened = disk_.open_folder(held->maildir.get(), name);
        if (!opened) return pass(opened);
        *descriptor = std::move(*opened);
    }
    return folders;
}

FolderCache::Nature FolderCache::nature_of(int folder, dev_t device)
{
    const std::scoped_lock lock(mutex_);
    const auto known = natures_.find(device);
    if (known != natures_.end()) return known->second;
    const Nature nature{.is_journaled = disk_.has_journal(folder),
                        .keeps_bytes = disk_.keeps_bytes(folder),
                        .syncs_links = disk_.syncs_links(folder)};
    sys::log(sys::Level::info, "store.file_system",
             {{"device", fmt::format("{}:{}", major(device), minor(device))},
              {"waits", nature.is_journaled ? "once a batch" : "for each file and folder"}});
    return natures_.emplace(device, nature).first->second;
}

std::shared_ptr<const InboxFolders> FolderCache::kept(const InboxFacts& facts)
{
    const std::scoped_lock lock(mutex_);
    const auto found = by_inbox_.find(facts.place.inbox);
    if (found == by_inbox_.end()) return nullptr;
    const auto& folders = *found->second;
    // It was moved to another account's space, or its account to another user.
    if (!lies_at(*folders, facts.place) || folders->shell_uid != facts.shell_uid) return nullptr;
    newest_first_.splice(newest_first_.begin(), newest_first_, found->second);
    return *found->second;
}

void FolderCache::keep(std::shared_ptr<const InboxFolders> folders)
{
    const auto inbox = folders->place.inbox;
    const std::scoped_lock lock(mutex_);
    const auto found = by_inbox_.find(inbox);
    if (found != by_inbox_.end()) newest_first_.erase(found->second);
    newest_first_.push_front(std::move(folders));
    by_inbox_[inbox] = newest_first_.begin();
    while (newest_first_.size() > most_) {
        by_inbox_.erase(newest_first_.back()->place.inbox);
        newest_first_.pop_back();
    }
}

void FolderCache::forget(const InboxId& inbox)
{
    const std::scoped_lock lock(mutex_);
    const auto found = by_inbox_.find(inbox);
    if (found == by_inbox_.end()) return;
    newest_first_.erase(found->second);
    by_inbox_.erase(found);
}

std::size_t FolderCache::size() const
{
    const std::scoped_lock lock(mutex_);
    return newest_first_.size();
}

} // namespace metka::maildir
