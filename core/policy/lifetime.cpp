#include "core/policy/lifetime.h"

#include <algorithm>

#include <fmt/format.h>

namespace metka::policy {

namespace {

using std::chrono::days;

constexpr std::uint64_t longest_warning = 7; // days between the `expired` notice and the purge
constexpr auto latest_sweep = days(3);
constexpr std::uint64_t share_of_all = 20; // one in so many: 5 %
constexpr std::uint64_t always_allowed = 10;

} // namespace

std::string_view state_of(Standing standing, const std::optional<Validity>& validity, Instant now)
{
    if (standing == Standing::suspended) return "suspended";
    return validity && now >= validity->ends ? "expired" : "active";
}

std::optional<std::uint16_t> notice_due(const NoticeDays& days, std::int64_t left)
{
    std::optional<std::uint16_t> due;
    for (const auto day : days)
        if (left >= 0 && day >= left && (!due || day < *due)) due = day;
    return due;
}

std::uint64_t shortest_warning(std::uint64_t grace_days)
{
    return std::min(grace_days, longest_warning);
}

Purge judge_purge(const PurgeFacts& facts)
{
    if (facts.now < facts.grace_ends) return Purge::not_due;
    const auto warning = days(shortest_warning(facts.grace_days));
    return facts.told && facts.now - *facts.told >= warning ? Purge::due : Purge::wait_for_notice;
}

std::vector<std::string> brakes_on(const BrakeFacts& facts)
{
    std::vector<std::string> holding;
    if (facts.newest_audit && facts.now < *facts.newest_audit)
        holding.emplace_back("the clock is before the newest entry of the audit: set it right, or say --yes");
    if (facts.last_sweep && facts.now - *facts.last_sweep > latest_sweep)
        holding.push_back(fmt::format(
            "the last sweep was {} days ago, so nobody may have been told in time: look, then say --yes",
            std::chrono::floor<days>(facts.now - *facts.last_sweep).count()));
    if (facts.to_purge > always_allowed && facts.to_purge * share_of_all > facts.mailboxes)
        holding.push_back(
            fmt::format("{} of {} mailboxes would be purged at once, more than 5 %: look, then say --yes",
                        facts.to_purge, facts.mailboxes));
    return holding;
}

} // namespace metka::policy
