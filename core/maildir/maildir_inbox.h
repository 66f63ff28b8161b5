#pragma once
// One inbox, opened for one session: what MailInbox promises, done at once on this machine's disk. Any thread
// may call; calls on one object follow each other.

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/maildir/disk.h"
#include "core/maildir/listing.h"
#include "core/maildir/session_locks.h"
#include "core/maildir/usage.h"

namespace metka::maildir {

class MaildirInbox {
  public:
    MaildirInbox(std::shared_ptr<const InboxFolders> folders, Disk& disk, UsageBook& usage,
                 SessionLocks& locks)
        : folders_(std::move(folders)), disk_(disk), usage_(usage), locks_(locks)
    {
    }

    Result<void> lock(); // again by the one that has it: was heard of
    void unlock();
    Result<std::vector<Listed>> list();
    // Part of a listing: from the message with this index on, as many as their frame has room for. 0 lists
    // afresh.
    Result<std::vector<Listed>> list_from(std::uint64_t index, std::size_t most_bytes);
    Result<sys::Descriptor>
    read(const std::string& name); // not_found: it has vanished, or is no message any more
    // Those that have vanished are removed already. When it says yes, none of them comes back.
    Result<void> remove(const std::vector<std::string>& names);

  private:
    Result<void> begin(); // every request: this session still has the inbox, if it ever locked it
    Result<void> list_afresh();
    const Found* find(const std::string& name) const;
    Result<sys::Descriptor> open(const Found& found);
    Result<void> remove_one(const std::string& name, UsageBook::Change& change);

    std::shared_ptr<const InboxFolders> folders_;
    Disk& disk_;
    UsageBook& usage_;
    SessionLocks& locks_;
    std::mutex mutex_;
    std::shared_ptr<SessionLocks::Hold> hold_;
    std::optional<Contents> contents_;
    std::unordered_map<std::string_view, const Found*> by_name_; // into contents_
};

} // namespace metka::maildir
