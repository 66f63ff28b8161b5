#pragma once
// How full each inbox is, and what room in it has been promised (DESIGN §2 "Usage", "Room").
//
// A count is kept in memory; our own changes are added to it and taken from it. It is made afresh at its
// first use, after 60 seconds of use, when a folder's time is not what our own last change left, and before
// anybody is refused. Any thread may call. Nothing here holds a lock while it reads a folder.

#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <unordered_map>

#include "core/base/clock.h"
#include "core/maildir/inbox_folders.h"
#include "core/maildir/listing.h"

namespace metka::maildir {

// The room a message takes over what was promised for it (DOMAIN "Capacity"): min(10 %, 10 MiB).
Bytes overdraft_of(Bytes capacity);

class UsageBook {
  public:
    UsageBook(const Clock& clock, Disk& disk) : clock_(clock), disk_(disk) {}

    Result<Counted> usage(const InboxFolders& inbox);

    // limit: what is used and promised and this are more than the inbox's capacity. Asked again for the same
    // transaction and inbox, the new number takes the place of the old one.
    struct Claim {
        MessageId transaction;
        const InboxFolders& inbox;
        Capacity capacity; // of the inbox, as the directory has it now
        Bytes octets;
    };
    Result<void> promise(const Claim& claim);
    void release(const MessageId& transaction);

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
        Change(UsageBook& book, const InboxFolders& inbox, Bytes landing)
            : book_(&book), inbox_(&inbox), landing_(landing)
        {
        }
        UsageBook* book_;
        const InboxFolders* inbox_;
        Bytes landing_;
        Counted added_, removed_;
    };
    Change change(const InboxFolders& inbox) { return begin(inbox, {}); }
    // Before a message is put into an inbox; the transaction's promise there is used up by it. limit: the
    // inbox would be above its capacity and the overdraft.
    Result<Change> landing(const Claim& claim);

    void forget(const InboxId& inbox);

  private:
    struct Entry {
        std::optional<Counted> counted;
        FolderTimes times; // as our own last change, or the count, left them
        Instant counted_at;
        std::uint64_t changes = 0; // ever begun or ended: a count during one is not kept
        unsigned changing = 0;     // under way
        std::uint64_t promised = 0;
        std::uint64_t landing = 0;
    };
    using Promises = std::map<InboxId, std::uint64_t>;
    enum class Asked { as_kept, afresh };

    Result<Counted> count(const InboxFolders& inbox, Asked asked);
    bool is_fresh(const Entry& entry, const FolderTimes& times, std::chrono::milliseconds oldest) const;
    Change begin(const InboxFolders& inbox, Bytes landing);
    void end(const Change& change);
    std::uint64_t take_promise(const MessageId& transaction, const InboxId& inbox); // with mutex_ held
    bool try_promise(const Claim& claim, const Counted& counted);
    bool try_landing(const Claim& claim, const Counted& counted);

    const Clock& clock_;
    Disk& disk_;
    std::mutex mutex_;
    std::unordered_map<InboxId, Entry> entries_;
    std::unordered_map<MessageId, Promises> promises_;
};

} // namespace metka::maildir
