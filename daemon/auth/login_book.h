#pragma once
// The last log-in of each account: when, from where, by what and with which password. Pure: the time is
// handed in. Noting one costs a look-up in memory and nothing else; login_diary.h writes the book down behind
// that.
//
// Kept for each account, password and service: the last one of each. Memory is bounded: beyond that, those
// that were longest ago are forgotten.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "core/base/clock.h"
#include "core/base/id.h"
#include "core/domain/objects.h"
#include "core/login/authenticator.h"

namespace metka::auth {

struct LastLogin {
    Id key; // empty: the main password; else an app password
    login::Service service = login::Service::submission;
    Instant at;
    std::string peer; // the client's IP address as text
    bool operator==(const LastLogin&) const = default;
};

struct AccountLogin {
    InboxId account;
    LastLogin login;
    bool operator==(const AccountLogin&) const = default;
};

struct ForgottenLogins {
    InboxId account;
    std::optional<Id> key; // none: all of the account
    bool operator==(const ForgottenLogins&) const = default;
};

class LoginBook {
  public:
    static constexpr std::size_t most_logins = 262'144;
    static constexpr std::size_t most_peer_bytes = 64;

    explicit LoginBook(std::size_t most = most_logins) : most_(most) {}

    // A password was right, and whoever gave it was let in.
    void note(const InboxId& account, const Id& key, login::Service service, std::string_view peer,
              Instant now);

    // None: there was none that is known.
    std::optional<LastLogin> last(const InboxId& account) const;
    std::optional<LastLogin> last(const InboxId& account, const Id& key) const;
    std::optional<LastLogin> last(const InboxId& account, login::Service service) const;

    void forget(const InboxId& account); // it is gone
    void forget(const InboxId& account, const Id& key);

    // What is to be written down: first what was forgotten, then what was noted, in no order.
    struct Unsaved {
        std::vector<ForgottenLogins> forgotten;
        std::vector<AccountLogin> noted;
    };
    bool has_unsaved() const { return !unsaved_.empty() || !forgotten_.empty(); }
    Unsaved take_unsaved();
    void give_back(Unsaved unsaved); // it could not be kept

    // What was written down: newer ones here stay, and what was forgotten since stays so.
    void add(const std::vector<AccountLogin>& kept);
    std::size_t size() const { return size_; }

  private:
    struct Entry {
        LastLogin login;
        bool is_saved = false;
    };
    using Entries = std::vector<Entry>; // a few

    Entry& entry(const InboxId& account, const Id& key, login::Service service);
    template <class Wanted>
    std::optional<LastLogin> newest(const InboxId& account, Wanted is_wanted) const;
    void make_room();
    bool is_forgotten(const AccountLogin& login) const;

    std::size_t most_;
    std::size_t size_ = 0; // entries in all
    std::unordered_map<InboxId, Entries> accounts_;
    std::unordered_set<InboxId> unsaved_; // have an entry that is not saved
    std::vector<ForgottenLogins> forgotten_;
};

} // namespace metka::auth
