#pragma once
// What metka-auth knows of log-ins, as metkad has it: by asking.

#include <cstddef>
#include <optional>
#include <vector>

#include <asio/awaitable.hpp>

#include "core/base/result.h"
#include "core/login/activity.h"
#include "core/login/held_back.h"

namespace metka::metkad {

class Logins {
  public:
    virtual ~Logins() = default;
    virtual asio::awaitable<Result<std::optional<login::KnownLogin>>> last(InboxId account) = 0;
    // The first `most` from the question's place on.
    virtual asio::awaitable<Result<std::vector<login::HeldRow>>> held_back(login::ListHeldBack question,
                                                                           std::size_t most) = 0;
    virtual asio::awaitable<Result<login::Unblocked>> unblock(login::Unblock wanted) = 0;
    virtual asio::awaitable<Result<login::Sent>> sent(InboxId account) = 0;
};

} // namespace metka::metkad
