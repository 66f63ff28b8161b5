#pragma once
// What metkad asks metka-auth for the operator: against whom wrong guesses are held, and to forget them.
// Names that nobody has, and whatever was typed, never travel here.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/domain/objects.h"

namespace metka::login {

// What wrong guesses are counted by (daemon/auth/patience.h).
enum class Held : std::uint8_t {
    account,      //
    acquaintance, // an account at a source from which it was opened
    neighbours,   // all accounts that are acquainted with a source
    network,      // an IPv4 /24, an IPv6 /48
    address,      // an IPv4 address, an IPv6 /64
    nobody,       // all names together that nobody has
    count_,
};

// What `metkactl my password` of an account comes from: a source that no attacker from outside can use up.
inline constexpr std::string_view from_shell = "my ";
inline std::string shell_of_account(std::string_view account)
{
    return std::string(from_shell) + std::string(account);
}
inline std::optional<InboxId> account_of_shell(std::string_view source) // none: it is another one
{
    if (!source.starts_with(from_shell)) return std::nullopt;
    const auto account = InboxId::parse(source.substr(from_shell.size()));
    return account ? std::optional(InboxId(*account)) : std::nullopt;
}

enum class Wanted : std::uint8_t { held_back, counted, count_ }; // counted: also those that may guess on

struct HeldRow {
    Held held = Held::account;
    std::string from; // a source or a network
    InboxId account;
    std::uint64_t names = 0;   // of `nobody`
    std::uint64_t wrong = 0;   // guesses
    std::uint64_t left = 0;    // of those that are looked at
    std::uint64_t since = 0;   // milliseconds ago
    std::uint64_t free_in = 0; // milliseconds, until it is held back no more
    std::uint64_t delay = 0;   // milliseconds, before a refusal is said
    void fields(auto& each)
    {
        each(held), each(from), each(account), each(names), each(wrong), each(left), each(since),
            each(free_in), each(delay);
    }
};
struct ListHeldBack { // in the order of (held, from, account); of one account, or of all if it is empty
    static constexpr std::uint16_t kind = 0x012a;
    Wanted wanted = Wanted::held_back;
    InboxId account;
    std::vector<HeldRow> after; // the last one had; none: from the first on
    void fields(auto& each) { each(wanted), each(account), each(after); }
};
struct HeldBack { // as many as fit a frame; empty: there are no more
    static constexpr std::uint16_t kind = 0x012b;
    std::vector<HeldRow> rows;
    void fields(auto& each) { each(rows); }
};

enum class Pardoned : std::uint8_t { all, address, network, account, count_ };
enum class Carrying : std::uint8_t { out, rehearsal, count_ };

struct Unblock { // forgets what is held against them: every counter that involves them
    static constexpr std::uint16_t kind = 0x012c;
    Pardoned whose = Pardoned::all;
    std::string source;  // address: it, and its network
    std::string network; // network: it, and all its sources
    InboxId account;
    Carrying carrying = Carrying::out;
    void fields(auto& each) { each(whose), each(source), each(network), each(account), each(carrying); }
};
struct Unblocked { // how many counters of each kind were, or would be, forgotten; by Held
    static constexpr std::uint16_t kind = 0x012d;
    std::vector<std::uint64_t> counters;
    void fields(auto& each) { each(counters); }
};

} // namespace metka::login
