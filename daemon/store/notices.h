#pragma once
// The notices that metka-store writes into the inboxes it keeps (DOMAIN "Life of a mailbox", "Capacity").
// Each is sent once: the letter first, under a name that follows from what it says, then the row; a crash
// between the two finds the letter there and adds the row. Blocks for the disk; any worker may call.

#include <atomic>
#include <memory>
#include <mutex>
#include <string>

#include "core/base/clock.h"
#include "core/maildir/maildir_store.h"
#include "daemon/store/notice_letter.h"
#include "daemon/store/notice_memory.h"

namespace metka::store {

// Whom a notice is to, and what is known of the inbox and its space.
struct Addressee {
    directory::InboxRecord record;
    maildir::InboxFacts facts;
};
Result<Addressee> addressee_in(directory::Directory& directory, const InboxId& inbox);      // not_found
Result<Addressee> open_addressee_in(directory::Directory& directory, const InboxId& inbox); // must_be_open()

class Notices {
  public:
    // The store and the clock live longer.
    Notices(NoticeMemory memory, maildir::MaildirStore& store, const Clock& clock, Operator from)
        : memory_(std::move(memory)), store_(store), clock_(clock)
    {
        write_from(std::move(from));
    }

    void write_from(Operator from); // in letters from now on

    Result<maildir::NoticeSent> send(const Addressee& to, const maildir::SendNotice& notice);
    Result<maildir::NoticeSent> sent(const maildir::SendNotice& notice);
    Result<std::vector<maildir::NoticeRow>> list(const maildir::ListNotices& asked);

    // Counts anew; tells the user at 90 % and is ready to tell again below 85 %. Where there is no room even
    // for that, the counts are right all the same, and say why.
    Result<maildir::Checked> check(const Addressee& to);
    // By the counts that are kept: which users must be told now. Of a free mailbox also its shell account.
    // Those that have fallen below 85 % are done at once.
    std::vector<InboxId> to_be_told(const std::vector<maildir::InboxFacts>& changed);
    bool is_told(const InboxId& inbox) const { return memory_.filling(inbox).is_told; }

  private:
    // What is counted against one limit. Of nobody: no limit.
    struct Level {
        InboxId inbox; // whose user is told
        Bytes used;
        Capacity most;
    };
    static Level own_level(const maildir::InboxFacts& facts, const maildir::MaildirStore::Fullness& fullness);
    bool wants_notice(const Level& level);
    Result<maildir::NoticeSent> send(const Addressee& to, const NoticeKey& key, Letter letter);

    NoticeMemory memory_;
    maildir::MaildirStore& store_;
    const Clock& clock_;
    std::atomic<std::shared_ptr<const Operator>> from_;
    std::mutex sending_; // one at a time, so that none is sent twice
};

} // namespace metka::store
