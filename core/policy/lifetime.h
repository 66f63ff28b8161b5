#pragma once
// The life of a mailbox (DOMAIN "Life of a mailbox"): what it is now, which notice is due, when it is purged,
// and what holds a purge back. Pure: the days have been turned into instants by who knows the time zone.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/domain/objects.h"

namespace metka::policy {

// "active", "suspended", "expired": the strictest wins.
std::string_view state_of(Standing standing, const std::optional<Validity>& validity, Instant now);

// The notice day that is due on a day so many days before the last one: the smallest that is not below
// `left`, so that a late sweep sends one notice and not all. None: it is too early, or past the last day.
std::optional<std::uint16_t> notice_due(const NoticeDays& days, std::int64_t left);

// So many days lie between the `expired` notice and the purge at least: nobody is told of fewer.
std::uint64_t shortest_warning(std::uint64_t grace_days);

// What must be recorded before a purge, besides that the grace is over.
struct PurgeFacts {
    Instant grace_ends; // the end of the last day of the grace
    std::uint64_t grace_days = 0;
    std::optional<Instant> told; // when the `expired` notice was sent; none: never
    Instant now;
};
enum class Purge { not_due, wait_for_notice, due };
Purge judge_purge(const PurgeFacts& facts);

// The brakes on all deleting of one sweep. Each says why it holds, and that --yes lets go.
struct BrakeFacts {
    Instant now;
    std::optional<Instant> newest_audit;
    std::optional<Instant> last_sweep;
    std::uint64_t to_purge = 0;
    std::uint64_t mailboxes = 0;
};
std::vector<std::string> brakes_on(const BrakeFacts& facts); // empty: go on

} // namespace metka::policy
