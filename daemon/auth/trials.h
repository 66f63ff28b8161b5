#pragma once
// Trying a password: what is remembered of it, who may still guess, then one hash. The way is the same for
// names that nobody has, so that they cannot be told from others by what is said nor by when (SECURITY 14).

#include <functional>
#include <optional>
#include <string>

#include <asio/awaitable.hpp>
#include <asio/steady_timer.hpp>

#include "core/net/origin.h"
#include "daemon/auth/hash_pool.h"
#include "daemon/auth/patience.h"
#include "daemon/auth/remembered.h"
#include "daemon/auth/wrong_guesses.h"

namespace metka::auth {

// What a password must be right against.
struct Lock {
    std::string hash;
    std::string version; // changes whenever anything about it does
};

struct Candidate {
    net::Origin from;
    std::string name;               // as it was said
    std::optional<InboxId> account; // none: nobody has that name
    std::optional<Lock> lock;       // none: no password is right
};

struct Tried {
    enum class Verdict { right, wrong, refused }; // refused: not looked at
    Verdict verdict = Verdict::wrong;
    std::chrono::milliseconds wait{}; // before a refusal is said
};

class Trials {
  public:
    using Stopwatch = std::function<Remembered::Time()>;

    Trials(HashPool& hashes, PatienceLimits limits, Stopwatch stopwatch) // the pool outlives this
        : hashes_(hashes), patience_(limits), stopwatch_(std::move(stopwatch))
    {
    }
    void limit(PatienceLimits limits) { patience_.limit(limits); }
    void forget(const InboxId& account) { remembered_.forget(account); } // its password is another

    // `password` outlives the wait. Faults: unavailable (too much is being checked already).
    asio::awaitable<Result<Tried>> try_password(Candidate candidate, const Secret& password);

  private:
    class UnderWay;
    std::string key_of(const Candidate& candidate) const;
    asio::awaitable<Result<Patience::Admitted>> admit(const Guess& guess);
    asio::awaitable<Result<bool>> is_right(const Candidate& candidate, const Secret& password);
    asio::awaitable<Result<void>> wait_for_an_outcome();

    HashPool& hashes_;
    Patience patience_;
    Stopwatch stopwatch_;
    Remembered remembered_;
    WrongGuesses wrong_;
    DigestKey names_;
    std::optional<asio::steady_timer> bell_; // rings when something that was under way has its outcome
    std::size_t waiting_ = 0;
};

} // namespace metka::auth
