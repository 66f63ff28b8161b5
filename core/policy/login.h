#pragma once
// Who may log in once the password was right (DOMAIN "Life of a mailbox", "When states meet"): facts in,
// verdict out.

#include <optional>

#include "core/base/clock.h"

namespace metka::policy {

enum class LoginVerdict { right, suspended, expired };

struct LoginFacts {
    bool suspended = false; // the account itself or whatever stands above it
    std::optional<Instant> valid_ends;
    Instant now;
};

// The strictest state wins: suspended before expired. The instant a validity ends is the first that is
// expired.
constexpr LoginVerdict judge_login(const LoginFacts& facts)
{
    if (facts.suspended) return LoginVerdict::suspended;
    if (facts.valid_ends && facts.now >= *facts.valid_ends) return LoginVerdict::expired;
    return LoginVerdict::right;
}

enum class LoginPurpose { sending, reading };

// An expired mailbox can still be read, so that nobody loses mail by a date; it sends nothing.
constexpr bool lets_in(LoginVerdict verdict, LoginPurpose purpose)
{
    return verdict == LoginVerdict::right ||
           (verdict == LoginVerdict::expired && purpose == LoginPurpose::reading);
}

static_assert(!lets_in(LoginVerdict::suspended, LoginPurpose::reading));
static_assert(!lets_in(LoginVerdict::suspended, LoginPurpose::sending));
static_assert(!lets_in(LoginVerdict::expired, LoginPurpose::sending));

} // namespace metka::policy
