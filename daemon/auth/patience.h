#pragma once
// Who may still guess a password (SECURITY 32): pure, a monotonic clock is handed in, memory is bounded.
//
// Wrong guesses are counted by source, by network and by account (net::Origin says what these are). While all
// three have one left a guess is looked at; a right one costs nothing. Beyond what a source or a network has
// it is refused, right or wrong, so that nobody learns which it was. Where only the account has none left it
// is unheard: answered and counted as a wrong one, right or not. A refusal would tell which names are one
// account's, as names that nobody has are counted each alone.
//  - A source from which an account was opened in the last days is known to that account: the two together
//    have a bucket of their own. An attack from elsewhere, and a neighbour behind the same address who has
//    used up what that had, do not lock this owner out. Once such a pair has failed, it also shares one with
//    all others there: whoever sits behind that address cannot guess at each of its accounts in turn.
//  - An account under attack still listens once to a network that has not failed in the last hour: its owner
//    may be in a new place. That is bounded, too, and of an IPv6 /32, which has 65,536 networks, it is one in
//    an hour. So does a network that is used up, to an IPv4 address that has not failed.
//  - What is under way counts as wrong until it has proved right: whoever is in doubt waits for that.

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "core/base/token_bucket.h"
#include "core/login/held_back.h"
#include "core/net/origin.h"
#include "daemon/auth/bounded_table.h"
#include "daemon/auth/guess_counter.h"

namespace metka::auth {

struct PatienceLimits {
    Allowance source{.most = 16, .within = std::chrono::minutes(1)};
    Allowance network{.most = 300, .within = std::chrono::hours(1)};
    Allowance account{.most = 100, .within = std::chrono::hours(1)};

    // What an account has for networks that have not failed lately, once all have used up the above.
    Allowance newcomers() const { return {.most = 3 * account.most, .within = account.within}; }

    // What a source and an account have together that know each other, and all such accounts of one source
    // that have failed there.
    Allowance acquainted() const
    {
        return {.most = std::max<std::uint64_t>(source.most / 2, 2), .within = source.within};
    }
};

// Whose password is tried, from where. `account` tells accounts apart, and names that nobody has.
struct Guess {
    net::Origin from;
    std::string account;
};

class Patience {
  public:
    using Time = GuessCounter::Time;
    using Admission = auth::Admission;
    // newcomer: heard though the account has no guess left.
    enum class Relation { stranger, newcomer, acquainted };

    static constexpr std::size_t most_rows = 32'768;                 // of each table
    static constexpr auto acquaintance = std::chrono::hours(24 * 7); // since the last right password
    static constexpr std::uint64_t free_failures = 3; // of a source, before it waits for its answers
    static constexpr auto longest_delay = std::chrono::seconds(15);

    explicit Patience(PatienceLimits limits) : limits_(limits) {}
    void limit(PatienceLimits limits) { limits_ = limits; }

    // look, unheard: it is under way from now on, until settle(). Others leave nothing behind.
    struct Admitted {
        Admission admission = Admission::refuse;
        Relation relation = Relation::stranger; // to the account, for settle()
    };
    Admitted admit(const Guess& guess, Time now);
    void settle(const Guess& guess, Admitted admitted, Outcome outcome, Time now);

    // How long a refusal is held back: nothing for the first three failures, then 2, 4, 8, 15 s.
    std::chrono::milliseconds delay(const Guess& guess, Time now) const;
    std::size_t rows() const;

    // patience_shown.cpp: what is held against whom, for the operator.
    struct Counted {
        login::Held held = login::Held::account;
        std::string_view from;             // a source or a network; of accounts: empty
        std::string_view account;          // of an account, or of an acquaintance
        std::uint64_t wrong = 0;           // guesses, since then
        std::uint64_t left = 0;            // guesses that are looked at now
        std::chrono::milliseconds since{}; // so long ago
        std::chrono::milliseconds free_in{};
        std::chrono::milliseconds delay{}; // of the next refusal
        bool is_held_back() const { return left == 0 || delay.count() > 0; }
    };
    // All against whom anything is held, in no order; what is handed over is good for that call only.
    void each_counted(const std::function<void(const Counted&)>& visit, Time now) const;

    // Whose guesses are forgiven. source: with its network; network: with its sources; account: with what
    // it has at each source it is acquainted with.
    struct Pardon {
        login::Pardoned whose = login::Pardoned::all;
        std::string source = {};
        std::string network = {};
        std::string account = {};
    };
    using Pardons = std::array<std::uint64_t, static_cast<std::size_t>(login::Held::count_)>; // by Held
    Pardons count_pardons(const Pardon& pardon, Time now) const; // what pardon() would forgive
    Pardons pardon(const Pardon& pardon, Time now);

  private:
    struct Acquaintance {
        GuessCounter counter;
        Time opened;
    };

    Admission judge_newcomer(const Guess& guess, Time now) const;
    Admitted judge_stranger(const Guess& guess, Time now) const;
    Acquaintance* acquaintance_of(const Guess& guess, Time now);
    Admitted admit_stranger(const Guess& guess, Time now);
    Admission admit_acquainted(const Guess& guess, Acquaintance& known, Time now);
    void settle_stranger(const Guess& guess, Admitted admitted, Outcome outcome, Time now);
    void settle_acquainted(const Guess& guess, Outcome outcome, Time now);
    static std::chrono::milliseconds delay_after(double failures);
    Allowance allowance_of(login::Held held) const;
    Counted counted(login::Held held, const GuessCounter& counter, Time now) const;

    PatienceLimits limits_;
    GuessCounters sources_{most_rows};
    GuessCounters networks_{most_rows};
    GuessCounters accounts_{most_rows};
    GuessCounters newcomers_{most_rows}; // by account: all its newcomers together
    GuessCounters heard_{most_rows};     // by allocation and account: newcomers that it has heard from there
    BoundedTable<Acquaintance> acquainted_{most_rows};
    GuessCounters houses_{most_rows}; // by source: all who are acquainted with it together
};

} // namespace metka::auth
