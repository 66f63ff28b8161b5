#include <doctest/doctest.h>

#include <string_view>

#include "core/policy/login.h"

using namespace metka;
using namespace metka::policy;

TEST_CASE("after the right password, suspension weighs more than age, and age begins with the last instant")
{
    const Instant end = from_unix_ms(1'800'000'000'000);
    const auto tick = std::chrono::milliseconds(1);
    struct Row {
        std::string_view what;
        LoginFacts facts;
        LoginVerdict verdict;
        bool reads, sends;
    };
    const Row rows[] = {
        {"no end", {.now = end}, LoginVerdict::right, true, true},
        {"the last instant", {.valid_ends = end, .now = end - tick}, LoginVerdict::right, true, true},
        {"the end itself", {.valid_ends = end, .now = end}, LoginVerdict::expired, true, false},
        {"after it", {.valid_ends = end, .now = end + tick}, LoginVerdict::expired, true, false},
        {"suspended", {.suspended = true, .now = end}, LoginVerdict::suspended, false, false},
        {"both",
         {.suspended = true, .valid_ends = end, .now = end + tick},
         LoginVerdict::suspended,
         false,
         false},
    };
    for (const auto& row : rows) {
        CAPTURE(row.what);
        const auto verdict = judge_login(row.facts);
        CHECK(verdict == row.verdict);
        CHECK(lets_in(verdict, LoginPurpose::reading) == row.reads);
        CHECK(lets_in(verdict, LoginPurpose::sending) == row.sends);
    }
}
