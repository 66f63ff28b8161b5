#pragma once
// Wrong guesses that are held against one source, network or account: how many are left, how many are under
// way, and when the last one was. Pure.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

#include "core/base/token_bucket.h"
#include "daemon/auth/bounded_table.h"

namespace metka::auth {

enum class Outcome { right, wrong, none }; // none: it was not found out, or had been counted before

// wait: for the outcome of what is under way. The last is the strictest.
enum class Admission { look, unheard, wait, refuse };

struct GuessCounter {
    using Time = TokenBucket::Time;
    static constexpr auto memory_of_failure = std::chrono::hours(1);

    TokenBucket bucket;
    std::size_t under_way = 0;
    std::uint64_t wrong = 0; // since `since`: nothing was held against it before
    Time since = {};
    std::optional<Time> failed = {}; // the last time

    void count_wrong(const Allowance& allowance, Time now);
    Admission standing(const Allowance& allowance, Time now) const;
    Admission standing_of_newcomer(Time now) const; // one in an hour without a failure, whatever others did
    bool has_failed_lately(Time now) const { return failed && now - *failed < memory_of_failure; }
};

using GuessCounters = BoundedTable<GuessCounter>;

// Who is refused makes no row: others would have to give way for it.
const GuessCounter& seen_in(const GuessCounters& table, std::string_view key);

// What was under way there has its outcome. A row against which nothing is held goes.
void settle_in(GuessCounters& table, std::string_view key, const Allowance& allowance, Outcome outcome,
               GuessCounter::Time now);

} // namespace metka::auth
