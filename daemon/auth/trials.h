#pragma once
// Trying a password: what is remembered of it, who may still guess, then one hash. The way is the same for
// names that nobody has, so that they cannot be told from others by what is said nor by when (SECURITY 14).
// The same password of the same name that is being hashed already is waited for, not hashed again: a mail
// program with ten connections costs one hash. Each of the ten counts as a guess until it is known, and each
// name is waited for by itself, so that two names of one account are told apart by nobody.

#include <functional>
#include <optional>
#include <string>
#include <unordered_set>

#include <asio/awaitable.hpp>
#include <asio/steady_timer.hpp>

#include "core/net/origin.h"
#include "daemon/auth/hash_pool.h"
#include "daemon/auth/patience.h"
#include "daemon/auth/remembered.h"
#include "daemon/auth/secrets.h"
#include "daemon/auth/waiting_room.h"
#include "daemon/auth/wrong_guesses.h"

namespace metka::auth {

// What a password must be right against.
struct Lock {
    std::string hash;
    std::string version; // changes whenever anything about it does
};

struct Candidate {
    net::Origin from;
    std::string name;                        // as it was said
    std::optional<InboxId> account;          // none: nobody has that name
    std::optional<Lock> lock;                // none: no main password is right
    std::optional<AppKey> app_password = {}; // what was said is this one, and so right without a hash
};

struct Tried {
    // Not looked at: unheard, which nobody outside can tell from wrong, and refused (patience.h).
    enum class Verdict { right, wrong, unheard, refused };
    Verdict verdict = Verdict::wrong;
    std::chrono::milliseconds wait{};        // before a refusal is said
    std::optional<AppKey> app_password = {}; // right: by this one, else by the main password
};

class Trials {
  public:
    using Stopwatch = std::function<Remembered::Time()>;

    Trials(HashPool& hashes, PatienceLimits limits, Stopwatch stopwatch) // the pool outlives this
        : hashes_(hashes), patience_(limits), stopwatch_(std::move(stopwatch))
    {
    }
    void limit(PatienceLimits limits) { patience_.limit(limits); }
    // Its password is another. Of app passwords nothing is remembered: each is looked up when it is said.
    void forget(const InboxId& account);
    // Its hash is another, of the password that was right until now; and whether one is known to be right.
    void replace(const InboxId& account, const Secret& password, const std::string& version);
    bool remembers(const InboxId& account, const Secret& password, const std::string& version) const;

    const Patience& patience() const { return patience_; }
    Patience::Time now() const { return stopwatch_(); } // as patience has it
    Patience::Pardons pardon(const Patience::Pardon& pardon);

    // Whether what is right opens still, after the wait: what was removed meanwhile is wrong, and counts as
    // neither, so that whoever waited with many connections is not locked out by it.
    using OpensStill = std::function<Result<bool>()>;

    // `password` outlives the wait. Faults: unavailable (too much is being checked already), and those of
    // `opens_still`; without that, all that is right opens.
    asio::awaitable<Result<Tried>> try_password(Candidate candidate, const Secret& password,
                                                OpensStill opens_still = {});

  private:
    class UnderWay;
    // One password, of one name, against one lock.
    struct Question {
        const Candidate& candidate;
        const std::string& name; // as it is told apart
        const std::string& version;
        const Secret& password;
    };
    std::string key_of(const Candidate& candidate) const;
    std::string version_of(const Candidate& candidate) const;
    asio::awaitable<Result<Patience::Admitted>> admit(const Guess& guess);
    static Asker asker_of(const Patience::Admitted& admitted)
    {
        const bool is_acquainted = admitted.relation == Patience::Relation::acquainted;
        return is_acquainted ? Asker::acquainted : Asker::stranger;
    }
    Tried::Verdict told_before(const std::string& name, const std::string& version, const Secret& password);
    std::optional<bool> known_answer(const Question& question);
    asio::awaitable<Result<bool>> is_right(const Question& question, Asker asker);
    asio::awaitable<Result<bool>> hash(const Question& question, Asker asker);
    // `seat` is taken at the first wait and kept over those that follow: a bell throws nobody out.
    using Seat = std::optional<WaitingRoom::Place>;
    asio::awaitable<Result<void>> wait_for_an_outcome(Seat& seat, const net::Origin& from, Asker asker);

    HashPool& hashes_;
    Patience patience_;
    Stopwatch stopwatch_;
    Remembered remembered_;
    Remembered hashed_anew_; // apart, for what is right against the hash before is still being noted
    WrongGuesses wrong_;
    DigestKey names_;
    std::unordered_set<std::string> hashed_now_; // digests of the questions whose hash is under way
    std::optional<asio::steady_timer> bell_;     // rings when something that was under way has its outcome
    WaitingRoom waiting_{RoomLimits{}};
    // Whose hash is under way, or waits in the pool: fewer of one network than the pool has places.
    WaitingRoom hashing_{RoomLimits{.kept_from_strangers = 0, .of_network = 20, .of_source = 16}};
};

} // namespace metka::auth
