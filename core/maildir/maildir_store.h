#pragma once
// The mail store on this machine's disk: Maildirs beneath one folder. Everything here blocks for the disk and
// is meant for worker threads; any of them may call at any time. metka-store puts wires in front of it, tests
// a LocalStore.
//
// The life of a message: open() gives a file without a name; its writer fills it and closes it; commit()
// makes sure that nobody can write to it any more, makes it durable, names it in each inbox, and makes the
// folders durable. At no moment is half a message in an inbox, and a crash leaves nothing to clean up.

#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "core/base/clock.h"
#include "core/maildir/disk.h"
#include "core/maildir/inbox_folders.h"
#include "core/maildir/mail_store.h"
#include "core/maildir/maildir_inbox.h"
#include "core/maildir/places.h"
#include "core/maildir/session_locks.h"
#include "core/maildir/usage.h"

namespace metka::maildir {

class MaildirStore {
  public:
    // `mail`: the mail folder, ours. invalid: its file system cannot do what a store needs (the program exits
    // 78).
    static Result<std::unique_ptr<MaildirStore>> open(sys::Descriptor mail, const Clock& clock, Disk& disk);

    Result<void> promise(const MessageId& transaction, const InboxFacts& inbox, Bytes octets);
    Result<sys::Descriptor> open_message(const MessageId& transaction, const InboxFacts& first); // write-only
    // Ends the transaction, whatever it answers. denied: its writer still has it open. internal: it is not of
    // the size its writer says.
    Result<void> commit(const MessageId& transaction, const std::vector<InboxFacts>& inboxes,
                        const Written& written);
    void abandon(const MessageId& transaction);

    Result<std::unique_ptr<MaildirInbox>> inbox(const InboxFacts& facts);

    // A whole message of ours into one inbox, past any capacity, durably. false: a message of this id lies
    // there already.
    Result<bool> put(const InboxFacts& inbox, const MessageId& id, const std::string& text);
    // As many messages of `from` that are not in `to` yet as a few seconds allow, durably; in the last pass
    // `to` becomes what `from` is. true: that is all. conflict: a session has `from`.
    Result<bool> carry(const InboxFacts& from, const InboxFacts& to, Pass pass);

    Result<sys::Descriptor> make(const InboxPlace& place); // its Maildir; an existing one is left as it is
    Result<void> make_all(const std::vector<InboxPlace>& places);
    // Safe to repeat, and to be repeated when it gives a folder: one that its owner must empty first.
    Result<std::optional<sys::Descriptor>> remove(const InboxPlace& place);
    Result<Usage> usage(const InboxFacts& facts);
    // Of an inbox and of the space it lies in, with what the user of a shell inbox planted there.
    struct Fullness {
        Counted inbox;
        Bytes space; // of nobody's: 0
    };
    Result<Fullness> fullness(const InboxFacts& facts, UsageBook::Asked asked = UsageBook::Asked::as_kept);
    void empty_trash(); // what an earlier run left there

  private:
    MaildirStore(sys::Descriptor mail, const Clock& clock, Disk& disk);

    struct Taken { // ends a transaction when it goes
        MaildirStore& store;
        MessageId transaction;
        sys::Descriptor message;
        ~Taken() { store.usage_.release(transaction); }
    };
    struct Recipient {
        std::shared_ptr<const InboxFolders> folders;
        Capacity capacity;
        std::unique_ptr<Space> space;
    };
    Result<std::vector<Recipient>> open_all(const std::vector<InboxFacts>& inboxes);
    // None: in nobody's space. One without a limit has the largest there is.
    Result<std::unique_ptr<Space>> open_space(const std::optional<SpaceFacts>& facts);
    Result<std::unique_ptr<Space>> open_limited_space(const std::optional<SpaceFacts>& facts);
    bool purge_oldest(Space& space, std::vector<InboxPlace>& removed);
    Result<void> check_finished(const Taken& taken, const Written& written);
    Result<void> store(const Taken& taken, const std::vector<Recipient>& recipients, const Written& written);

    sys::Descriptor mail_;
    const Clock& clock_;
    Disk& disk_;
    FolderCache folders_;
    UsageBook usage_;
    SessionLocks locks_;
    std::mutex mutex_;
    std::unordered_map<MessageId, sys::Descriptor> open_; // messages being written, open for reading
};

} // namespace metka::maildir
