#pragma once
// Which notice was sent when, and whose user knows already that there is hardly any room left: a database of
// metka-store's own (`store/memory.db`). Rows stay when their inbox goes: they are history. Any thread may
// call.

#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/directory/sqlite.h"
#include "core/maildir/protocol.h"

namespace metka::store {

// One notice, as it is told apart from all others.
struct NoticeKey {
    InboxId inbox;
    maildir::Notice notice = maildir::Notice::near_expiry;
    std::string about; // an ISO date; nearly_full: empty; certificate: the date and the host
    std::uint64_t days = 0;
    std::uint64_t round = 0; // nearly_full: how often it fell below 85 % before
};

class NoticeMemory {
  public:
    static Result<NoticeMemory> open(const std::string& path); // makes the file, and migrates it
    NoticeMemory(NoticeMemory&& other) noexcept;

    // When it was sent; of any round.
    Result<std::optional<Instant>> find(const NoticeKey& key);
    Result<void> add(const NoticeKey& key, const std::string& login, Instant at); // durable
    // The newest first, behind `before`; `before` 0: from the newest on. An empty inbox: of everybody.
    Result<std::vector<maildir::NoticeRow>> list(const InboxId& inbox, std::uint64_t before,
                                                 std::size_t most);

    // Whether the notice of this round of filling up was sent. Asked after every delivery, so it is answered
    // from memory.
    struct Filling {
        std::uint64_t round = 0;
        bool is_told = false;
    };
    Filling filling(const InboxId& inbox) const;
    Result<void> end_round(const InboxId& inbox); // it has fallen below 85 %

  private:
    explicit NoticeMemory(sqlite::Database database) : database_(std::move(database)) {}
    Result<void> load();
    Result<void> note(const InboxId& inbox, const Filling& filling);

    mutable std::mutex mutex_;
    sqlite::Database database_;
    std::unordered_map<InboxId, Filling> fillings_;
};

} // namespace metka::store
