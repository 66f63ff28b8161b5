#include "daemon/auth/patience.h"

#include <algorithm>
#include <cmath>

namespace metka::auth {

namespace {

std::string pair_of(const Guess& guess)
{
    return guess.from.source + '\n' + guess.account;
}

} // namespace

void Patience::Counter::count_wrong(const Allowance& allowance, Time now)
{
    if (bucket.is_full(allowance, now)) {
        wrong = 0;
        since = now;
    }
    ++wrong;
    bucket.take(allowance, now);
    failed = now;
}

Patience::Admission Patience::standing(const Counter& counter, const Allowance& allowance, Time now)
{
    const auto left = counter.bucket.left(allowance, now);
    if (left == 0) return Admission::refuse;
    return left > counter.under_way ? Admission::look : Admission::wait;
}

bool Patience::is_newcomer(const Counter& counter, Time now)
{
    return !counter.failed || now - *counter.failed >= memory_of_failure;
}

Patience::Acquaintance* Patience::acquaintance_of(const Guess& guess, Time now)
{
    auto* const known = acquainted_.find(pair_of(guess));
    return known != nullptr && now - known->opened < acquaintance ? known : nullptr;
}

// Who is refused makes no row: others would have to give way for it.
const Patience::Counter& Patience::seen_in(const Counters& table, std::string_view key)
{
    static const Counter none;
    const auto* const seen = table.peek(key);
    return seen != nullptr ? *seen : none;
}

Patience::Admission Patience::judge_stranger(const Guess& guess, Time now) const
{
    const auto& source = seen_in(sources_, guess.from.source);
    const auto& network = seen_in(networks_, guess.from.network);
    const auto& account = seen_in(accounts_, guess.account);
    // One who comes for the first time is heard once, whatever others did.
    const auto once = [](const Counter& newcomer) {
        return newcomer.under_way == 0 ? Admission::look : Admission::wait;
    };
    const auto from_source = standing(source, limits_.source, now);
    auto from_network = standing(network, limits_.network, now);
    auto to_account = standing(account, limits_.account, now);
    // Of IPv6 /64s one network has 65,536.
    const bool is_new_there = guess.from.family == net::Origin::Family::ipv4 && is_newcomer(source, now);
    if (from_network == Admission::refuse && is_new_there) from_network = once(source);
    if (to_account == Admission::refuse && is_newcomer(network, now)) to_account = once(network);
    if (to_account == Admission::refuse) to_account = Admission::unheard;
    return std::max({from_source, from_network, to_account});
}

Patience::Admission Patience::admit_stranger(const Guess& guess, Time now)
{
    const auto admission = judge_stranger(guess, now);
    if (admission == Admission::wait || admission == Admission::refuse) return admission;
    ++sources_.at(guess.from.source).under_way;
    ++networks_.at(guess.from.network).under_way;
    if (admission == Admission::look) ++accounts_.at(guess.account).under_way;
    return admission;
}

Patience::Admitted Patience::admit(const Guess& guess, Time now)
{
    auto* const known = acquaintance_of(guess, now);
    if (known == nullptr) return {.admission = admit_stranger(guess, now), .is_acquainted = false};
    return {.admission = admit_acquainted(guess, *known, now), .is_acquainted = true};
}

Patience::Admission Patience::admit_acquainted(const Guess& guess, Acquaintance& known, Time now)
{
    const auto allowance = limits_.acquainted();
    auto& own = known.counter;
    const auto& house = seen_in(houses_, guess.from.source);
    auto admission = standing(own, allowance, now);
    const bool is_without_fault = own.under_way == 0 && own.bucket.is_full(allowance, now);
    if (!is_without_fault) admission = std::max(admission, standing(house, allowance, now));
    if (admission != Admission::look) return admission;
    ++own.under_way;
    ++houses_.at(guess.from.source).under_way;
    return admission;
}

void Patience::settle_in(Counters& table, std::string_view key, const Allowance& allowance, Outcome outcome,
                         Time now)
{
    auto* const counter = table.find(key);
    if (counter == nullptr) return; // it had to give way meanwhile
    if (counter->under_way > 0) --counter->under_way;
    if (outcome == Outcome::wrong) counter->count_wrong(allowance, now);
    if (counter->under_way == 0 && !counter->failed) table.erase(key); // nothing is held against it
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
    if (admitted.is_acquainted) {
        settle_acquainted(guess, outcome, now);
    } else {
        settle_in(sources_, guess.from.source, limits_.source, outcome, now);
        settle_in(networks_, guess.from.network, limits_.network, outcome, now);
        if (is_heard) settle_in(accounts_, guess.account, limits_.account, outcome, now);
    }
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
    return sources_.size() + networks_.size() + accounts_.size() + acquainted_.size() + houses_.size();
}

} // namespace metka::auth
