#pragma once
// May mail for this address be taken, here and now (DOMAIN "Life of a mailbox", "When states meet")? Room is
// another question, asked of the store.

#include <array>
#include <cstdint>
#include <optional>

#include "core/base/clock.h"
#include "core/domain/objects.h"

namespace metka::policy {

struct InboxFacts {
    Standing standing =
        Standing::active; // the strictest of the account, its shell account, its customer, its domain
    std::optional<Instant> valid_ends; // none: no end
};

struct RecipientFacts {
    std::optional<DomainState> domain; // none: not a domain of ours
    std::optional<InboxFacts> inbox;   // none: nobody provisioned this address
};

enum class Delivery : std::uint8_t {
    accepted,
    not_ours,         // another host's domain, or one that nobody has proven to own yet
    domain_suspended, // may come back: try later
    unknown,
    suspended,
    expired,
};

constexpr Delivery judge_delivery(const RecipientFacts& facts, Instant now)
{
    if (!facts.domain || *facts.domain == DomainState::pending) return Delivery::not_ours;
    if (*facts.domain == DomainState::suspended) return Delivery::domain_suspended;
    if (!facts.inbox) return Delivery::unknown;
    if (facts.inbox->standing == Standing::suspended) return Delivery::suspended;
    if (facts.inbox->valid_ends && *facts.inbox->valid_ends <= now) return Delivery::expired;
    return Delivery::accepted;
}

// Never an open relay: whatever else is said of an address, one in a domain that is not ours, or not ours
// yet, is not accepted.
consteval bool only_our_domains_are_accepted()
{
    constexpr std::array<std::optional<DomainState>, 2> foreign{std::nullopt, DomainState::pending};
    constexpr std::array<std::optional<InboxFacts>, 4> inboxes{
        std::nullopt, InboxFacts{}, InboxFacts{.standing = Standing::suspended},
        InboxFacts{.valid_ends = Instant{std::chrono::milliseconds{1}}}};
    constexpr std::array<Instant, 2> instants{Instant{}, Instant{std::chrono::milliseconds{2}}};
    for (const auto& domain : foreign)
        for (const auto& inbox : inboxes)
            for (const auto now : instants)
                if (judge_delivery({.domain = domain, .inbox = inbox}, now) == Delivery::accepted)
                    return false;
    return true;
}
static_assert(only_our_domains_are_accepted());

} // namespace metka::policy
