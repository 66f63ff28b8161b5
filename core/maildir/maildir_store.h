#pragma once
// The mail store on this machine's disk: Maildirs beneath one folder. Everything here blocks for the disk and
// is meant for worker threads; any of them may call at any time. metka-store puts wires in front of it, tests
// a LocalStore.
//
// The life of a message: promise() holds room for it in each inbox. A small one, which most are, then comes
// whole, and deliver() writes it to a file without a name. For a larger one open_message() gives such a file;
// its writer fills it and closes it, write_out() brings it to the disk, and deliver() makes sure that nobody
// can write to it any more. Either way deliver() makes it durable and names it in each inbox (delivery.h).
// At no moment is half a message in an inbox, and a crash leaves nothing to clean up.

#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <unordered_map>
#include <variant>
#include <vector>

#include "core/base/clock.h"
#include "core/base/stopwatch.h"
#include "core/maildir/disk.h"
#include "core/maildir/inbox_folders.h"
#include "core/maildir/listings.h"
#include "core/maildir/mail_store.h"
#include "core/maildir/maildir_inbox.h"
#include "core/maildir/places.h"
#include "core/maildir/session_locks.h"
#include "core/maildir/usage.h"

namespace metka::maildir {

// A message with where it goes: whole, or written to the file that was opened for its transaction.
struct Parcel {
    MessageId transaction;
    std::vector<InboxFacts> inboxes;
    std::variant<WholeMessage, Written> message;
    Result<void> outcome = {}; // deliver()'s answer for it
};

// What a promise came to, as the wire says it; what is not_now has a line in the log.
Room room_after(const Result<void>& promised);

class MaildirStore {
  public:
    // `mail`: the mail folder, ours. invalid: its file system cannot do what a store needs (the program exits
    // 78).
    static Result<std::unique_ptr<MaildirStore>> open(sys::Descriptor mail, const Clock& clock, Disk& disk,
                                                      Stopwatch stopwatch = &std::chrono::steady_clock::now);

    Result<void> promise(const MessageId& transaction, const InboxFacts& inbox, Bytes octets);
    // The same where it need not wait for the disk; none: ask promise(), from where waiting is allowed.
    std::optional<Result<void>> promise_at_once(const MessageId& transaction, const InboxFacts& inbox,
                                                Bytes octets);
    // Puts what was written to the file of a transaction on the disk: done before deliver(), others need not
    // wait for a large one.
    Result<void> write_out(const MessageId& transaction);
    // Each of them into its inboxes, durably and whole, or not at all; together they share their waits for
    // the disk. Ends their transactions, whatever it answers. denied: its writer still has it open. internal:
    // it is not of the size its writer says.
    void deliver(std::span<Parcel* const> parcels);
    Result<sys::Descriptor> open_message(const MessageId& transaction, const InboxFacts& first); // write-only
    // One of them, written to its file.
    Result<void> commit(const MessageId& transaction, const std::vector<InboxFacts>& inboxes,
                        const Written& written);
    void abandon(const MessageId& transaction);

    Result<std::unique_ptr<MaildirInbox>> inbox(const InboxFacts& facts);
    std::unique_ptr<MaildirInbox> inbox_at_once(const InboxFacts& facts); // null: that would ask the disk

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
    // What is known without asking the disk: far from any limit that there is a notice for.
    bool is_roomy(const InboxFacts& facts);
    Result<Fullness> fullness(const InboxFacts& facts, UsageBook::Asked asked = UsageBook::Asked::as_kept);
    void empty_trash(); // what an earlier run left there

  private:
    MaildirStore(sys::Descriptor mail, const Clock& clock, Disk& disk, Stopwatch stopwatch);

    struct Recipient {
        std::shared_ptr<const InboxFolders> folders;
        Capacity capacity;
        std::unique_ptr<Space> space;
    };
    using Recipients = std::vector<Recipient>;
    using Changes = std::vector<UsageBook::Change>;
    struct Landing; // a parcel of which everything is known that must be
    Result<Recipients> open_all(const std::vector<InboxFacts>& inboxes);
    // None: in nobody's space. One without a limit has the largest there is.
    Result<std::unique_ptr<Space>> open_space(const std::optional<SpaceFacts>& facts);
    Result<std::unique_ptr<Space>> open_limited_space(const std::optional<SpaceFacts>& facts);
    bool purge_oldest(Space& space, std::vector<InboxPlace>& removed);
    Result<sys::Descriptor> take(const MessageId& transaction); // the file that was opened for it
    Result<void> check_finished(int file, const Parcel& parcel);
    // Takes note of what is going to be put in. limit: there is no room for it.
    Result<Changes> claim_room(const MessageId& transaction, const Recipients& recipients, Bytes size);
    Result<Landing> land(Parcel& parcel);
    void end(Landing& landing);

    sys::Descriptor mail_;
    const Clock& clock_;
    Disk& disk_;
    FolderCache folders_;
    UsageBook usage_;
    SessionLocks locks_;
    Listings listings_;
    MaildirInbox::House sessions_;
    std::mutex mutex_;
    std::unordered_map<MessageId, sys::Descriptor> open_; // messages being written, open for reading
};

} // namespace metka::maildir
