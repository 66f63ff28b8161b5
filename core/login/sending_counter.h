#pragma once
// Asking metka-auth whether an account may send now (DESIGN §6, the outgoing rate).

#include <cstdint>

#include <asio/awaitable.hpp>

#include "core/base/result.h"
#include "core/domain/objects.h"

namespace metka::login {

enum class SendingVerdict {
    allowed, // and counted
    limit,   // not now; later
    count_,
};

class SendingCounter {
  public:
    virtual ~SendingCounter() = default;
    // Each recipient counts as one message. unavailable: nobody could say; the client should try again.
    virtual asio::awaitable<Result<SendingVerdict>> count(InboxId account, std::uint64_t recipients) = 0;
};

} // namespace metka::login
