#pragma once
// What metka-auth answers: yes or no to a log-in, and done to metkad. Every answer to a wrong log-in is the
// same, and every wrong one that is looked at costs one hash, whether the account exists, has a password, or
// not (SECURITY 14); answer_time.h says when it leaves, trials.h which ones are looked at.

#include <functional>
#include <unordered_set>
#include <variant>

#include <asio/awaitable.hpp>

#include "core/base/clock.h"
#include "core/directory/directory.h"
#include "core/login/protocol.h"
#include "core/net/wire.h"
#include "daemon/auth/answer_time.h"
#include "daemon/auth/bounded_table.h"
#include "daemon/auth/hash_pool.h"
#include "daemon/auth/login_book.h"
#include "daemon/auth/secrets.h"
#include "daemon/auth/shadow.h"
#include "daemon/auth/trials.h"

namespace metka::auth {

// What can open an account now.
struct Locks {
    std::optional<Lock> main; // none: no password is right but app passwords
    bool is_closed = false;   // its Unix user is locked, expired or another: nothing opens it
};

// What one password can open now.
struct Openable {
    std::optional<directory::InboxRecord> account; // none: nobody has that name
    std::optional<Lock> main;
    std::optional<AppKey> app_password; // the one that was said, if it opens the account
};

// How a password was tried, and whose it is: the account as it was afterwards.
struct Opened {
    Tried tried;
    std::optional<directory::InboxRecord> account;
};

class Gatekeeper {
  public:
    using Stopwatch = Trials::Stopwatch;

    // All outlive this. `store` is the wire to metka-store, to which inbox wires are handed. Lives in one
    // event loop. With `unix_users` shell accounts have the password of their Unix user and no other;
    // without, one that is kept here, as mailboxes have.
    Gatekeeper(directory::Directory& directory, Secrets& secrets, HashPool& hashes, net::Link& store,
               const Clock& clock, Stopwatch stopwatch = &std::chrono::steady_clock::now,
               const UnixUsers* unix_users = nullptr, PatienceLimits patience = {});
    void limit(PatienceLimits patience) { trials_.limit(patience); } // for guesses from now on
    void answer_at(AnswerTime failed) { answer_time_ = failed; }     // as it is found, unless this is said
    // The least time between two POP3 log-ins to one account that opened its inbox (RFC 2449 §6.5).
    void delay_logins(std::chrono::milliseconds delay) { login_delay_ = delay; }
    // Before a delay is judged: what another program that is replaced by this one has written down meanwhile.
    void look_up_with(std::function<void(const InboxId&)> reread) { reread_ = std::move(reread); }
    void tell_of_log_ins(std::function<void()> noted) { noted_ = std::move(noted); } // each that is noted
    LoginBook& logins() { return logins_; }                                          // who was let in
    Trials& trials() { return trials_; }

    // The handler of the wire of a program that may ask for this one service: metka-smtp never gets an inbox.
    net::Wire::Handler handler_for(login::Service service);
    net::Wire::Handler handler_for_metkad();

  private:
    using Answer = asio::awaitable<Result<net::Frame>>;

    Answer answer_program(login::Service service, net::Frame request);
    Answer answer_metkad(net::Frame request);
    Answer check(login::CheckLogin question);
    Answer forgive_delay(net::Frame request);
    bool is_too_soon(const InboxId& account, login::Service service);
    Result<sys::Descriptor> open_inbox(InboxId inbox);
    // App passwords open what programs ask about, and nothing that changes the account: with its main
    // password alone can another one be set (`my password`), and will the web's account settings open.
    enum class Opener { any_password, main_password };
    using Finder = std::function<Result<std::optional<directory::InboxRecord>>()>;
    struct Key {
        Finder find; // the account, as it is named
        const Secret& password;
        Opener opener;
    };
    Result<Locks> locks_of(const directory::InboxRecord& account);
    Result<Openable> openable_by(const Key& key);
    using SecretsMark = std::optional<sqlite::CommitMark>;
    // The same again; `mark` of the secrets was taken before `then`. Costs little where nothing has
    // changed, and answers what openable_by() would.
    Result<Openable> openable_still(const Key& key, const Openable& then, const SecretsMark& mark);
    // To try takes time. What was removed, replaced or suspended meanwhile opens nothing when this returns.
    asio::awaitable<Result<Opened>> try_password(Candidate candidate, Key key);
    // A hash that was made elsewhere costs another time than ours, and tells that the account is there.
    void replace_foreign_hash(const Openable& opened, const Secret& password,
                              const asio::any_io_executor& loop);
    // The password was right against a hash from elsewhere in whose place there is one of ours by now.
    bool opens_anew(const Openable& then, const Openable& now, const Secret& password) const;
    asio::awaitable<void> hash_anew(InboxId account, std::string foreign, Secret password);
    Answer set_password(net::Frame request);
    Answer set_hashes(net::Frame request);
    Answer verify_password(net::Frame request);
    Answer forget_password(net::Frame request);
    Answer remove_secrets(net::Frame request);
    Answer add_app_password(net::Frame request);
    Answer list_app_passwords(net::Frame request);
    Answer remove_app_password(net::Frame request);
    Answer remove_app_passwords(net::Frame request);

    directory::Directory& directory_;
    Secrets& secrets_;
    HashPool& hashes_;
    net::Link& store_;
    const Clock& clock_;
    const UnixUsers* unix_users_;
    Trials trials_;
    LoginBook logins_;
    AnswerTime answer_time_;
    std::chrono::milliseconds login_delay_{};
    std::function<void(const InboxId&)> reread_;
    std::function<void()> noted_;
    std::unordered_set<InboxId> hashed_anew_;    // now
    BoundedTable<std::monostate> in_vain_{4096}; // accounts whose last POP3 log-in opened nothing
};

} // namespace metka::auth
