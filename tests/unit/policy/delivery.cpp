#include "core/policy/delivery.h"

#include <doctest/doctest.h>

#include <vector>

using namespace metka;
using policy::Delivery;
using policy::InboxFacts;

namespace {

constexpr Instant now{std::chrono::milliseconds{1000}};
constexpr Instant later = now + std::chrono::milliseconds{1};
constexpr InboxFacts active{};
constexpr InboxFacts suspended{.standing = Standing::suspended};
constexpr InboxFacts ends_now{.valid_ends = now};
constexpr InboxFacts ends_later{.valid_ends = later};
constexpr InboxFacts both{.standing = Standing::suspended, .valid_ends = now};

} // namespace

TEST_CASE("the strictest state decides whether mail is taken")
{
    struct Row {
        std::optional<DomainState> domain;
        std::optional<InboxFacts> inbox;
        Delivery verdict;
    };
    const std::vector<Row> rows{
        {std::nullopt, std::nullopt, Delivery::not_ours},
        {std::nullopt, active, Delivery::not_ours},
        {DomainState::pending, active, Delivery::not_ours},
        {DomainState::pending, std::nullopt, Delivery::not_ours},
        {DomainState::suspended, active, Delivery::domain_suspended},
        {DomainState::suspended, std::nullopt, Delivery::domain_suspended},
        {DomainState::active, std::nullopt, Delivery::unknown},
        {DomainState::active, active, Delivery::accepted},
        {DomainState::active, suspended, Delivery::suspended},
        {DomainState::active, both, Delivery::suspended},
        {DomainState::active, ends_now, Delivery::expired},
        {DomainState::active, ends_later, Delivery::accepted},
    };
    for (const auto& row : rows) {
        CAPTURE(&row - rows.data());
        CHECK(policy::judge_delivery({.domain = row.domain, .inbox = row.inbox}, now) == row.verdict);
    }
}
