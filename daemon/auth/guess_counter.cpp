#include "daemon/auth/guess_counter.h"

namespace metka::auth {

void GuessCounter::count_wrong(const Allowance& allowance, Time now)
{
    if (bucket.is_full(allowance, now)) {
        wrong = 0;
        since = now;
    }
    ++wrong;
    bucket.take(allowance, now);
    failed = now;
}

Admission GuessCounter::standing(const Allowance& allowance, Time now) const
{
    const auto left = bucket.left(allowance, now);
    if (left == 0) return Admission::refuse;
    return left > under_way ? Admission::look : Admission::wait;
}

Admission GuessCounter::standing_of_newcomer(Time now) const
{
    if (has_failed_lately(now)) return Admission::refuse;
    return under_way == 0 ? Admission::look : Admission::wait;
}

const GuessCounter& seen_in(const GuessCounters& table, std::string_view key)
{
    static const GuessCounter none;
    const auto* const seen = table.peek(key);
    return seen != nullptr ? *seen : none;
}

void settle_in(GuessCounters& table, std::string_view key, const Allowance& allowance, Outcome outcome,
               GuessCounter::Time now)
{
    auto* const counter = table.find(key);
    if (counter == nullptr) return; // it had to give way meanwhile
    if (counter->under_way > 0) --counter->under_way;
    if (outcome == Outcome::wrong) counter->count_wrong(allowance, now);
    if (counter->under_way == 0 && !counter->failed) table.erase(key); // nothing is held against it
}

} // namespace metka::auth
