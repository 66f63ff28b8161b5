#pragma once
// What metkad does for each verb of the table. A request becomes an Order; its handler looks at the facts,
// asks the rules (core/policy/provisioning.h), and carries the change out: all of it or nothing.
//
// What belongs together is done in the order that leaves nothing dangling after a crash: to add, the secret,
// then the tree, then the row; to remove, the row, then the secret, and the tree when its grace is over.
// Orders that write are carried out one after the other, so that what a rule counted is still true when the
// row is written.

#include <deque>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include <asio/awaitable.hpp>
#include <asio/steady_timer.hpp>

#include "core/base/clock.h"
#include "core/base/secret.h"
#include "core/control/arguments.h"
#include "core/control/json.h"
#include "core/control/request.h"
#include "core/control/verbs.h"
#include "core/directory/directory.h"
#include "core/login/protocol.h"
#include "core/maildir/protocol.h"
#include "core/settings/settings.h"
#include "daemon/metkad/configuration/configuration.h"
#include "daemon/metkad/engine/keys.h"
#include "daemon/metkad/engine/logins.h"
#include "daemon/metkad/engine/refusals.h"
#include "daemon/metkad/engine/trees.h"
#include "daemon/metkad/machine/accounts.h"
#include "daemon/metkad/machine/fences.h"
#include "daemon/metkad/machine/resolver.h"
#include "daemon/metkad/provisioning/caller.h"

namespace metka::metkad {

struct ProgramState; // household.h

// The sweeps that run now: two of a kind never do.
struct SweepsUnderWay {
    bool expiry = false;
    bool quota = false;
};

// All that provisioning works with; everything referred to outlives it.
struct Office {
    directory::Registry& registry;
    const settings::Settings& settings;
    const Clock& clock;
    Keys& keys;
    Trees& trees;
    Refusals& refusals;
    Logins& logins;
    UnixAccounts& unix_accounts;
    Fences& fences;
    Resolver& resolver;
    const UserDatabase& users;
    std::uint32_t own_uid = 0; // whom metkad itself runs as
    Configuration& configuration;
    std::function<std::vector<ProgramState>()> programs;
    std::function<Result<void>()> write_zones; // after every change of domains
    Instant started;
    SweepsUnderWay sweeps = {};
    std::set<InboxId> moving = {}; // moves that are carried out, or ended, now
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

// What is made for rows that become durable together, once all of them are there (apply).
struct Furnishings {
    std::vector<maildir::InboxPlace> places;
    std::vector<login::KeptHash> hashes;
};

// real: carried out by itself. batched: its row waits for the others of its batch, and is furnished after
// them. rehearsal: as batched, and the batch is dropped.
enum class Mode { real, batched, rehearsal };

// One request on its way.
struct Order {
    Office& office;
    const control::Verb& verb;
    Caller caller;
    control::Arguments arguments;
    Language language = Language::english; // of what `my` answers
    std::function<void(std::uint64_t done, std::uint64_t total, std::string_view what)> progress = {};
    Turnstile* writers = nullptr; // for a verb that takes its turns by itself (Effect::sweeps)
    Mode mode = Mode::real;
    Furnishings* furnishings = nullptr; // of a batch
    bool is_change = false;             // set by commit(): something was, or would be, changed

    bool is_dry_run() const { return arguments.flag("dry_run"); }
};

class Provisioning {
  public:
    using Tell = std::function<void(std::string line)>; // for lines before the answer

    explicit Provisioning(Office office) : office_(std::move(office)) {}

    // One line of a request in, one line of an answer out, whatever came. `uid` is the kernel's word.
    asio::awaitable<std::string> answer(std::uint32_t uid, std::string line, Tell tell);

    // What an earlier metkad was cut off in (moves.h). Once at the start, when the programs run; requests may
    // come meanwhile.
    asio::awaitable<void> end_what_was_cut_off();

  private:
    asio::awaitable<Result<control::Json>> carry_out(std::uint32_t uid, control::Request& request,
                                                     const Tell& tell);
    Office office_;
    Turnstile writers_;
};

} // namespace metka::metkad
