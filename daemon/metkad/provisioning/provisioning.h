#pragma once
// What metkad does for each verb of the table. A request becomes an Order; its handler looks at the facts,
// asks the rules (core/policy/provisioning.h), and carries the change out: all of it or nothing.
//
// What belongs together is done in the order that leaves nothing dangling after a crash: to add, the secret,
// then the tree, then the row; to remove, the row, then the secret, then the tree. Orders that write are
// carried out one after the other, so that what a rule counted is still true when the row is written.

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <asio/awaitable.hpp>
#include <asio/steady_timer.hpp>

#include "core/base/clock.h"
#include "core/base/secret.h"
#include "core/control/arguments.h"
#include "core/control/json.h"
#include "core/control/verbs.h"
#include "core/directory/directory.h"
#include "core/maildir/protocol.h"
#include "core/settings/settings.h"
#include "daemon/metkad/caller.h"
#include "daemon/metkad/machine/accounts.h"

namespace metka::metkad {

struct ProgramState; // household.h

// The secrets, which metka-auth keeps.
class Keys {
  public:
    virtual ~Keys() = default;
    virtual asio::awaitable<Result<void>> set_password(InboxId account, Secret password) = 0; // durable
    virtual asio::awaitable<Result<void>> remove(InboxId account) = 0; // safe to repeat
};

// The mail trees, which metka-store keeps.
class Trees {
  public:
    virtual ~Trees() = default;
    // A shell inbox: with a descriptor of its Maildir. Safe to repeat.
    virtual asio::awaitable<Result<std::optional<sys::Descriptor>>> make(maildir::InboxPlace place) = 0;
    virtual asio::awaitable<Result<void>> remove(maildir::InboxPlace place) = 0; // safe to repeat
    virtual asio::awaitable<Result<maildir::Usage>> usage(maildir::InboxPlace place) = 0;
};

// All that provisioning works with; everything referred to outlives it.
struct Office {
    directory::Registry& registry;
    const settings::Settings& settings;
    const Clock& clock;
    Keys& keys;
    Trees& trees;
    UnixAccounts& unix_accounts;
    const UserDatabase& users;
    Administrators administrators;
    std::function<std::vector<ProgramState>()> programs;
    Instant started;
};

// One request on its way.
struct Order {
    Office& office;
    const control::Verb& verb;
    Caller caller;
    control::Arguments arguments;

    bool is_dry_run() const { return arguments.flag("dry_run"); }
};

// Lets one in at a time, in the order of coming. One event loop.
class Turnstile {
  public:
    class Pass { // held while inside
      public:
        explicit Pass(Turnstile& turnstile) : turnstile_(&turnstile) {}
        Pass(Pass&& other) noexcept : turnstile_(std::exchange(other.turnstile_, nullptr)) {}
        Pass(const Pass&) = delete;
        Pass& operator=(const Pass&) = delete;
        ~Pass();

      private:
        Turnstile* turnstile_;
    };
    asio::awaitable<Pass> enter();

  private:
    bool taken_ = false;
    std::deque<std::weak_ptr<asio::steady_timer>> waiting_;
};

class Provisioning {
  public:
    explicit Provisioning(Office office) : office_(std::move(office)) {}

    // One line of a request in, one line of an answer out, whatever came. `uid` is the kernel's word.
    asio::awaitable<std::string> answer(std::uint32_t uid, std::string line);

  private:
    asio::awaitable<Result<control::Json>> carry_out(std::uint32_t uid, const control::Verb& verb,
                                                     control::Json params);
    Office office_;
    Turnstile writers_;
};

} // namespace metka::metkad
