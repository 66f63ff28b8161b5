#pragma once
// One inbox, opened for one session: what MailInbox promises, done at once on this machine's disk. Any thread
// may call; calls on one object follow each other. While nobody asks it holds one descriptor, that of its
// lock.

#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "core/maildir/disk.h"
#include "core/maildir/listings.h"
#include "core/maildir/mail_store.h"
#include "core/maildir/session_locks.h"
#include "core/maildir/usage.h"

namespace metka::maildir {

class MaildirInbox {
  public:
    // What every inbox of a store works with.
    struct House {
        Disk& disk;
        FolderCache& folders;
        UsageBook& usage;
        SessionLocks& locks;
        Listings& listings;
    };
    MaildirInbox(const InboxFacts& facts, House house) : facts_(facts), house_(house) {}

    Result<Opened> open(); // again by the one that has it: lists afresh
    // The same where its listing is kept and nothing has changed since; none: open() must read it.
    std::optional<Result<Opened>> open_at_once();
    void unlock();
    // From the message with this index on, as many as that, or as fit.
    Result<std::vector<std::uint64_t>> octets(MessageIndex from, std::size_t most);
    Result<Uids> uids(MessageIndex from, std::size_t most, std::size_t most_bytes);
    Result<StoredMessage> read(MessageIndex message);
    Result<Removal> remove(std::span<const MessageIndex> messages);

  private:
    using Folders = std::shared_ptr<const InboxFolders>;
    Result<SessionLocks::Turn> take(const InboxFolders& folders); // the inbox, for this session
    Opened show(std::shared_ptr<const Listing> listing);
    Result<SessionLocks::Turn> begin(); // every request: this session still has the inbox, and has listed it
    struct Named {
        int folder;
        std::string file;
        std::optional<std::uint64_t> number = {}; // of the file that is meant; none: whichever has the name
    };
    // What it is called: at first as it was listed; where that has gone, as it is listed now, if it is.
    template <class Act>
    std::invoke_result_t<Act, const Named&> with_name(const InboxFolders& folders, MessageIndex message,
                                                      Act act);
    static Named named_in(const Listing& listing, const InboxFolders& folders, MessageIndex index);
    using Keys = std::unordered_set<std::string_view>;
    Result<std::vector<Named>> names_of(const Keys& keys, const InboxFolders& folders);
    // What is there of removed messages under other names; of how many some was left, and why.
    struct Left {
        std::uint64_t messages = 0;
        std::string why;
    };
    Left remove_twins(Keys keys, const InboxFolders& folders, UsageBook::Change& change);
    Removal remove(std::span<const MessageIndex> messages, const InboxFolders& folders);
    Result<MessageFile> open_named(const InboxFolders& folders, const Named& named);
    Result<void> unlink_named(const Named& named);

    const InboxFacts facts_;
    House house_;
    std::mutex mutex_;
    std::shared_ptr<SessionLocks::Hold> hold_;
    std::shared_ptr<const Listing>
        listing_; // of the session: its indices are the messages' names to the client
    std::shared_ptr<const Listing> latest_; // made within this request, for what was renamed
};

} // namespace metka::maildir
