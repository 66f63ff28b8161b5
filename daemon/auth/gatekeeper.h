#pragma once
// What metka-auth answers: yes or no to a log-in, and done to metkad. Every answer to a wrong log-in is the
// same, and every wrong one costs one hash, whether the account exists, has a password, or not (SECURITY 14).

#include <functional>
#include <memory>

#include <asio/awaitable.hpp>

#include "core/base/clock.h"
#include "core/directory/directory.h"
#include "core/login/protocol.h"
#include "core/net/wire.h"
#include "daemon/auth/hash_pool.h"
#include "daemon/auth/remembered.h"
#include "daemon/auth/secrets.h"

namespace metka::auth {

class Gatekeeper {
  public:
    using Stopwatch = std::function<Remembered::Time()>;

    // All outlive this. `store` is the wire to metka-store, to which inbox wires are handed. Lives in one
    // event loop.
    Gatekeeper(directory::Directory& directory, Secrets& secrets, HashPool& hashes, net::Link& store,
               const Clock& clock, Stopwatch stopwatch = &std::chrono::steady_clock::now);

    // The handler of the wire of a program that may ask for this one service: metka-smtp never gets an inbox.
    net::Wire::Handler handler_for(login::Service service);
    net::Wire::Handler handler_for_metkad();

  private:
    using Answer = asio::awaitable<Result<net::Frame>>;

    Answer answer_program(login::Service service, net::Frame request);
    Answer answer_metkad(net::Frame request);
    Answer check(login::CheckLogin question);
    asio::awaitable<Result<sys::Descriptor>> open_inbox(InboxId inbox);
    asio::awaitable<Result<bool>> is_right(std::optional<InboxId> account, const Secret& password);
    Answer set_password(net::Frame request);
    Answer remove_secrets(net::Frame request);

    directory::Directory& directory_;
    Secrets& secrets_;
    HashPool& hashes_;
    net::Link& store_;
    const Clock& clock_;
    Stopwatch stopwatch_;
    Remembered remembered_;
};

} // namespace metka::auth
