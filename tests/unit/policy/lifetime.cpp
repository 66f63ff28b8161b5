#include "core/policy/lifetime.h"

#include <doctest/doctest.h>

using namespace metka;
using namespace metka::policy;
using std::chrono::days;
using std::chrono::milliseconds;

namespace {

const auto noon = from_unix_ms(1'800'000'000'000);

} // namespace

TEST_CASE("a mailbox is expired from the instant its last day ends, suspension is the stricter state")
{
    const auto ends = from_unix_ms(1'000'000);
    const std::optional validity = Validity{Date(std::chrono::year(1970) / 1 / 1), ends};
    CHECK(state_of(Standing::active, validity, ends - milliseconds(1)) == "active");
    CHECK(state_of(Standing::active, validity, ends) == "expired");
    CHECK(state_of(Standing::suspended, validity, ends) == "suspended");
    CHECK(state_of(Standing::active, std::nullopt, ends) == "active");
}

TEST_CASE("the notice that is due is the smallest of those whose day has come")
{
    const NoticeDays usual{30, 7, 1};
    struct Row {
        NoticeDays days;
        std::int64_t left;
        std::optional<std::uint16_t> due;
    };
    const Row rows[] = {
        {usual, 31, {}},  {usual, 30, 30},        {usual, 29, 30},
        {usual, 8, 30},   {usual, 7, 7},          {usual, 2, 7},
        {usual, 1, 1},    {usual, 0, 1},          {usual, -1, {}},
        {{}, 0, {}},      {{1, 7, 30}, 5, 7},     {{365}, 365, 365},
        {{365}, 366, {}}, {usual, INT64_MIN, {}}, {usual, INT64_MAX, {}},
    };
    for (const auto& row : rows) {
        CAPTURE(row.left);
        CHECK(notice_due(row.days, row.left) == row.due);
    }
}

TEST_CASE("a mailbox is purged when its grace is over and its user was told long enough ago")
{
    struct Row {
        std::uint64_t grace;
        milliseconds since_grace;
        std::optional<milliseconds> since_told;
        Purge purge;
    };
    const auto tick = milliseconds(1);
    const Row rows[] = {
        {30, -tick, days(30), Purge::not_due},
        {30, -tick, {}, Purge::not_due},
        {30, days(0), days(30), Purge::due},
        {30, days(0), days(7), Purge::due},
        {30, days(0), days(7) - tick, Purge::wait_for_notice},
        {30, days(100), {}, Purge::wait_for_notice},
        {30, days(100), days(0), Purge::wait_for_notice},
        {3, days(0), days(3), Purge::due}, // min(grace, 7)
        {3, days(0), days(3) - tick, Purge::wait_for_notice},
        {0, days(0), days(0), Purge::due},
        {0, days(0), {}, Purge::wait_for_notice},
        {30, days(0), -days(1), Purge::wait_for_notice}, // told in the future: a clock went back
    };
    for (const auto& row : rows) {
        CAPTURE(row.grace);
        CAPTURE(row.since_grace.count());
        const auto told = row.since_told ? std::optional(noon - *row.since_told) : std::nullopt;
        CHECK(
            judge_purge(
                {.grace_ends = noon - row.since_grace, .grace_days = row.grace, .told = told, .now = noon}) ==
            row.purge);
    }
}

TEST_CASE("each brake holds by itself, and none does beyond its bound")
{
    struct Row {
        BrakeFacts facts;
        std::vector<std::string_view> say;
    };
    const auto tick = milliseconds(1);
    const Row rows[] = {
        {{.now = noon}, {}},
        {{.now = noon, .newest_audit = noon}, {}},
        {{.now = noon, .newest_audit = noon + tick}, {"the clock is before"}},
        {{.now = noon, .last_sweep = noon - days(3)}, {}},
        {{.now = noon, .last_sweep = noon - days(3) - tick}, {"the last sweep was 3 days ago"}},
        {{.now = noon, .to_purge = 10, .mailboxes = 10}, {}},  // no more than 10
        {{.now = noon, .to_purge = 11, .mailboxes = 220}, {}}, // exactly 5 %
        {{.now = noon, .to_purge = 11, .mailboxes = 219}, {"11"}},
        {{.now = noon,
          .newest_audit = noon + tick,
          .last_sweep = noon - days(9),
          .to_purge = 50,
          .mailboxes = 60},
         {"the clock", "9 days ago", "50"}},
    };
    for (const auto& row : rows) {
        const auto holding = brakes_on(row.facts);
        REQUIRE(holding.size() == row.say.size());
        for (std::size_t i = 0; i < holding.size(); ++i) {
            CHECK_MESSAGE(holding[i].contains(row.say[i]), holding[i]);
            CHECK_MESSAGE(holding[i].contains("--yes"), holding[i]);
        }
    }
}
