#pragma once
// Asking metka-auth whether a log-in is right. The answer never says why it is not (SECURITY 14).

#include <array>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <asio/awaitable.hpp>

#include "core/base/result.h"
#include "core/base/secret.h"
#include "core/domain/objects.h"
#include "core/sys/descriptor.h"

namespace metka::login {

enum class Service { submission, pop3, count_ };

constexpr std::string_view name_of(Service service)
{
    constexpr std::array<std::string_view, static_cast<std::size_t>(Service::count_)> names{"submission",
                                                                                            "pop3"};
    return names.at(static_cast<std::size_t>(service));
}

enum class Verdict {
    right,     // the account is in `account`
    wrong,     // unknown user or wrong password: the same in text and time
    suspended, // the password is right, the account may not log in
    expired,   // the password is right: POP3 may read, nobody may send
    not_now,   // too many were wrong lately: this one was not looked at, right or wrong
    too_soon,  // POP3: the password is right, the last log-in less than pop3.login_delay ago
    count_,
};

struct Attempt {
    Service service = Service::submission;
    std::string name;
    Secret password;
    std::string peer; // the client's IP address as text
};

struct Answer {
    Verdict verdict = Verdict::wrong;
    InboxId account;                  // empty unless right or expired
    std::string login;                // the account's log-in name, for the log
    std::chrono::milliseconds wait{}; // before a refusal is said: the more were wrong, the longer
    sys::Descriptor inbox; // Service::pop3: a wire to metka-store that reaches this inbox and nothing else
};

class Authenticator {
  public:
    virtual ~Authenticator() = default;
    // unavailable: nobody could say; the client should try again.
    virtual asio::awaitable<Result<Answer>> check(Attempt attempt) = 0;
    // Somebody was let in to this account, and its inbox could not be opened: no log-in of his has to wait
    // for that one (pop3.login_delay).
    virtual void came_to_nothing(const InboxId& account) = 0;
};

} // namespace metka::login
