#pragma once
// Right answers of the last minute, so that a mail program that asks again costs no second hash (DESIGN §7).
// What is kept is HMAC-SHA-256 of account, password and hash under a key of this process's own: it is worth
// nothing outside it. Kept for one account at a time under its id (CVE-2021-29157, CVE-2025-30189: keys that
// two accounts shared), and gone when the password changes. A monotonic clock is handed in.

#include <chrono>
#include <cstdint>
#include <string_view>
#include <unordered_map>

#include "core/base/secret.h"
#include "core/domain/objects.h"
#include "daemon/auth/keyed_digest.h"

namespace metka::auth {

class Remembered {
  public:
    using Time = std::chrono::steady_clock::time_point;
    static constexpr auto lasts =
        std::chrono::minutes(1); // from the hash on: asking again does not prolong it
    static constexpr std::size_t most = 65'536;

    // How often anything was forgotten. A hash under way while a password changed is not remembered: take
    // this before the hash and hand it to note().
    std::uint64_t changes() const { return changes_; }

    // `against`: all that the password was right against (a hash; a line of shadow(5)): when that has
    // changed, nothing is known.
    bool knows(const InboxId& account, const Secret& password, std::string_view against, Time now) const;
    void note(const InboxId& account, const Secret& password, std::string_view against, Time now,
              std::uint64_t changes_before);
    void forget(const InboxId& account);

  private:
    struct Entry {
        DigestKey::Digest digest;
        Time until;
    };
    DigestKey::Digest digest(const InboxId& account, const Secret& password, std::string_view against) const;
    void make_room(Time now);

    DigestKey key_;
    std::unordered_map<InboxId, Entry> entries_;
    std::uint64_t changes_ = 0;
};

} // namespace metka::auth
