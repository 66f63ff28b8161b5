#include "daemon/auth/patience.h"

#include <algorithm>
#include <cmath>

namespace metka::auth {

namespace {

std::string pair_of(const Guess& guess)
{
    return guess.from.source + '\n' + guess.account;
}

std::string allocation_of(const Guess& guess)
{
    return net::allocation_of(guess.from) + '\n' + guess.account;
}

} // namespace

Patience::Acquaintance* Patience::acquaintance_of(const Guess& guess, Time now)
{
    auto* const known = acquainted_.find(pair_of(guess));
    return known != nullptr && now - known->opened < acquaintance ? known : nullptr;
}

// Its owner may be in a new place; and who attacks it with many networks may have them all from one
// allocation.
Admission Patience::judge_newcomer(const Guess& guess, Time now) const
{
    const auto from_network = seen_in(networks_, guess.from.network).standing_of_newcomer(now);
    const auto from_allocation = seen_in(heard_, allocation_of(guess)).standing_of_newcomer(now);
    const auto to_account = seen_in(newcomers_, guess.account).standing(limits_.newcomers(), now);
    const auto admission = std::max({from_network, from_allocation, to_account});
    return admission == Admission::refuse ? Admission::unheard : admission;
}

Patience::Admitted Patience::judge_stranger(const Guess& guess, Time now) const
{
    const auto& source = seen_in(sources_, guess.from.source);
    const auto from_source = source.standing(limits_.source, now);
    auto from_network = seen_in(networks_, guess.from.network).standing(limits_.network, now);
    auto to_account = seen_in(accounts_, guess.account).standing(limits_.account, now);
    // Of IPv6 /64s one network has 65,536.
    const bool is_ipv4 = guess.from.family == net::Origin::Family::ipv4;
    if (from_network == Admission::refuse && is_ipv4) from_network = source.standing_of_newcomer(now);
    const bool is_newcomer = to_account == Admission::refuse;
    if (is_newcomer) to_account = judge_newcomer(guess, now);
    return {.admission = std::max({from_source, from_network, to_account}),
            .relation = is_newcomer ? Relation::newcomer : Relation::stranger};
}

Patience::Admitted Patience::admit_stranger(const Guess& guess, Time now)
{
    const auto admitted = judge_stranger(guess, now);
    if (admitted.admission == Admission::wait || admitted.admission == Admission::refuse) return admitted;
    ++sources_.at(guess.from.source).under_way;
    ++networks_.at(guess.from.network).under_way;
    if (admitted.admission == Admission::unheard) return admitted;
    ++accounts_.at(guess.account).under_way;
    if (admitted.relation != Relation::newcomer) return admitted;
    ++newcomers_.at(guess.account).under_way;
    ++heard_.at(allocation_of(guess)).under_way;
    return admitted;
}

Patience::Admitted Patience::admit(const Guess& guess, Time now)
{
    auto* const known = acquaintance_of(guess, now);
    if (known == nullptr) return admit_stranger(guess, now);
    return {.admission = admit_acquainted(guess, *known, now), .relation = Relation::acquainted};
}

Admission Patience::admit_acquainted(const Guess& guess, Acquaintance& known, Time now)
{
    const auto allowance = limits_.acquainted();
    auto& own = known.counter;
    const auto& house = seen_in(houses_, guess.from.source);
    auto admission = own.standing(allowance, now);
    const bool is_without_fault = own.under_way == 0 && own.bucket.is_full(allowance, now);
    if (!is_without_fault) admission = std::max(admission, house.standing(allowance, now));
    if (admission != Admission::look) return admission;
    ++own.under_way;
    ++houses_.at(guess.from.source).under_way;
    return admission;
}

void Patience::settle_stranger(const Guess& guess, Admitted admitted, Outcome outcome, Time now)
{
    settle_in(sources_, guess.from.source, limits_.source, outcome, now);
    settle_in(networks_, guess.from.network, limits_.network, outcome, now);
    if (admitted.admission == Admission::unheard) return;
    settle_in(accounts_, guess.account, limits_.account, outcome, now);
    if (admitted.relation != Relation::newcomer) return;
    settle_in(newcomers_, guess.account, limits_.newcomers(), outcome, now);
    settle_in(heard_, allocation_of(guess), limits_.newcomers(), outcome, now);
}

// What it does wrong counts for its source, too, which an attacker shares; what others did there does not
// count for it.
void Patience::settle_acquainted(const Guess& guess, Outcome outcome, Time now)
{
    const auto allowance = limits_.acquainted();
    settle_in(houses_, guess.from.source, allowance, outcome, now);
    auto* const known = acquainted_.find(pair_of(guess));
    if (known != nullptr && known->counter.under_way > 0) --known->counter.under_way;
    if (outcome != Outcome::wrong) return;
    if (known != nullptr) known->counter.count_wrong(allowance, now);
    sources_.at(guess.from.source).count_wrong(limits_.source, now);
}

void Patience::settle(const Guess& guess, Admitted admitted, Outcome outcome, Time now)
{
    const bool is_heard = admitted.admission == Admission::look;
    if (!is_heard && admitted.admission != Admission::unheard) return;
    if (admitted.relation == Relation::acquainted)
        settle_acquainted(guess, outcome, now);
    else
        settle_stranger(guess, admitted, outcome, now);
    if (is_heard && outcome == Outcome::right) acquainted_.at(pair_of(guess)).opened = now;
}

std::chrono::milliseconds Patience::delay_after(double failures)
{
    constexpr double rounding = 1e-6;
    const auto counted = static_cast<std::uint64_t>(std::ceil(failures - rounding));
    if (counted <= free_failures) return {};
    constexpr std::uint64_t doublings = 4; // 16 s is beyond the longest already
    const auto seconds = std::chrono::seconds(1 << std::min(counted - free_failures, doublings));
    return std::min<std::chrono::milliseconds>(seconds, longest_delay);
}

std::chrono::milliseconds Patience::delay(const Guess& guess, Time now) const
{
    const auto* const known = acquainted_.peek(pair_of(guess));
    const auto* const source = sources_.peek(guess.from.source);
    double failures = 0;
    if (known != nullptr && now - known->opened < acquaintance)
        failures = known->counter.bucket.spent(limits_.acquainted(), now);
    else if (source != nullptr)
        failures = source->bucket.spent(limits_.source, now);
    return delay_after(failures);
}

std::size_t Patience::rows() const
{
    return sources_.size() + networks_.size() + accounts_.size() + newcomers_.size() + heard_.size() +
           acquainted_.size() + houses_.size();
}

} // namespace metka::auth
