#pragma once
// What metka-auth answers: yes or no to a log-in, and done to metkad. Every answer to a wrong log-in is the
// same, and every wrong one that is looked at costs one hash, whether the account exists, has a password, or
// not (SECURITY 14); trials.h says which ones are looked at.

#include <asio/awaitable.hpp>

#include "core/base/clock.h"
#include "core/directory/directory.h"
#include "core/login/protocol.h"
#include "core/net/wire.h"
#include "daemon/auth/hash_pool.h"
#include "daemon/auth/secrets.h"
#include "daemon/auth/shadow.h"
#include "daemon/auth/trials.h"

namespace metka::auth {

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

    // The handler of the wire of a program that may ask for this one service: metka-smtp never gets an inbox.
    net::Wire::Handler handler_for(login::Service service);
    net::Wire::Handler handler_for_metkad();

  private:
    using Answer = asio::awaitable<Result<net::Frame>>;

    Answer answer_program(login::Service service, net::Frame request);
    Answer answer_metkad(net::Frame request);
    Answer check(login::CheckLogin question);
    asio::awaitable<Result<sys::Descriptor>> open_inbox(InboxId inbox);
    // None: no password is right.
    Result<std::optional<Lock>> lock_of(const directory::InboxRecord& account);
    asio::awaitable<Result<Tried>> try_password(Candidate candidate,
                                                const std::optional<directory::InboxRecord>& account,
                                                const Secret& password);
    Answer set_password(net::Frame request);
    Answer set_hashes(net::Frame request);
    Answer verify_password(net::Frame request);
    Answer forget_password(net::Frame request);
    Answer remove_secrets(net::Frame request);

    directory::Directory& directory_;
    Secrets& secrets_;
    HashPool& hashes_;
    net::Link& store_;
    const Clock& clock_;
    const UnixUsers* unix_users_;
    Trials trials_;
};

} // namespace metka::auth
