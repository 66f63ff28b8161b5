#pragma once
// How full each inbox is, and what room in it has been promised (DESIGN §2 "Usage", "Room").
//
// A count is kept in memory; our own changes are added to it and taken from it. It is made afresh at its
// first use, after 60 seconds of use, before anybody is refused, and when a folder's time is not what our own
// last change left (promise_at_once() looks at that only where more than half of the capacity is used). Any
// thread may call. Nothing here holds a lock while it reads a folder.

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <unordered_map>

#include "core/base/clock.h"
#include "core/maildir/counting.h"
#include "core/maildir/inbox_folders.h"

namespace metka::maildir {

// The room a message takes over what was promised for it (DOMAIN "Capacity"): min(10 %, 10 MiB).
Bytes overdraft_of(Bytes capacity);

// The space of a shell account, opened: everything in it counts against one limit.
struct Space {
    InboxId shell;
    Bytes limit;
    Bytes home;
    std::vector<std::shared_ptr<const InboxFolders>> inboxes; // those that were removed and lie there too
    std::function<bool()> make_room; // purges the oldest of the removed ones; false: none is left
};

class UsageBook {
  public:
    UsageBook(const Clock& clock, Disk& disk) : clock_(clock), disk_(disk) {}

    enum class Asked {
        as_kept, // at most 60 seconds old
        afresh,  // before anybody is refused: at most one
        anew,
    };
    Result<Counted> usage(const InboxFolders& inbox, Asked asked = Asked::as_kept);
    Result<Bytes> usage(const Space& space, Asked asked = Asked::as_kept);

    // limit: what is used and promised and this are more than the inbox's capacity, or than the disk limit of
    // its space, with nothing left there to purge. Asked again for the same transaction and inbox, the new
    // number takes the place of the old one.
    struct Claim {
        MessageId transaction;
        const InboxFolders& inbox;
        Capacity capacity; // of the inbox, as the directory has it now
        Bytes octets;
        const Space* space = nullptr; // none: a paid mailbox, or a space without a limit
    };
    Result<void> promise(const Claim& claim);
    // By what is known already; none: promise() must count first. Of a claim without a space.
    std::optional<Result<void>> promise_at_once(const Claim& claim);
    std::optional<Counted> last_known(const InboxFolders& inbox); // who else was there since is not asked
    void release(const MessageId& transaction);
    // What is promised or on its way, in an inbox and so in the space it lies in.
    struct Weight {
        Bytes octets;
        InboxId space; // empty: none
    };

    // A change of ours to the files of an inbox, from before it begins until it is over.
    class Change {
      public:
        Change(Change&& other) noexcept;
        Change(const Change&) = delete;
        Change& operator=(const Change&) = delete;
        Change& operator=(Change&&) = delete;
        ~Change(); // takes note of what was done
        void added(Bytes size);
        void removed(Bytes size);

      private:
        friend class UsageBook;
        Change(UsageBook& book, const InboxFolders& inbox, const Weight& weight)
            : book_(&book), inbox_(&inbox), weight_(weight)
        {
        }
        UsageBook* book_;
        const InboxFolders* inbox_;
        Weight weight_;
        Counted added_, removed_;
    };
    Change change(const InboxFolders& inbox) { return begin(inbox, {}); }
    // Before a message is put into an inbox; the transaction's promise there is used up by it. limit: the
    // inbox would be above its capacity and the overdraft, or its space above its limit and that one.
    Result<Change> landing(const Claim& claim);
    void forget(const InboxId& inbox);

  private:
    struct Ledger { // of an inbox, or of a space
        std::uint64_t promised = 0;
        std::uint64_t landing = 0;
    };
    struct Entry {
        std::optional<Counted> counted;
        FolderTimes times; // as our own last change, or the count, left them
        Instant counted_at;
        std::uint64_t changes = 0; // ever begun or ended: a count during one is not kept
        unsigned changing = 0;     // under way
        Ledger ledger;
    };
    using Promises = std::map<InboxId, Weight>;
    struct Snapshot {
        Counted counted;
        std::uint64_t changes = 0; // of the entry, when it was counted
    };
    struct Snapshots { // of what a claim is held against
        Snapshot inbox;
        std::vector<Snapshot> space;
    };
    enum class Room { there, inbox_full, space_full };
    using Attempt = Room (UsageBook::*)(const Claim& claim, const Snapshots& counts);

    Result<Snapshot> count(const InboxFolders& inbox, Asked asked);
    Result<Snapshots> count(const Claim& claim, Asked asked);
    bool is_recent(const Entry& entry, std::chrono::milliseconds oldest) const;
    bool is_fresh(const Entry& entry, const FolderTimes& times, std::chrono::milliseconds oldest) const;
    Result<void> admit(const Claim& claim, Attempt attempt);
    Room tried(const Claim& claim, const Snapshots& counts, Attempt attempt);
    std::optional<Change> landing_at_once(const Claim& claim);
    Change begin(const InboxFolders& inbox, const Weight& weight);
    void end(const Change& change);
    // The rest with mutex_ held.
    static bool is_far_from_full(const Entry& counted, const Claim& claim);
    static Snapshots counts_of(const Entry& counted);
    Room note_promise(const Claim& claim, const Snapshots& counts);
    Room note_landing(const Claim& claim, const Snapshots& counts);
    Change note_begin(const InboxFolders& inbox, const Result<FolderTimes>& times, const Weight& weight);
    Weight take_promise(const MessageId& transaction, const InboxId& inbox);
    void hold(const Claim& claim, const Weight& held);
    std::uint64_t used_now(const InboxId& inbox, const Snapshot& counted) const;
    std::uint64_t used_now(const Space& space, const Snapshots& counts) const;

    const Clock& clock_;
    Disk& disk_;
    std::mutex mutex_;
    std::unordered_map<InboxId, Entry> entries_;
    std::unordered_map<InboxId, Ledger> spaces_; // by shell account
    std::unordered_map<MessageId, Promises> promises_;
};

} // namespace metka::maildir
