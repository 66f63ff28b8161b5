#pragma once
// The passwords as metkad has them: by asking whoever keeps them.

#include <vector>

#include <asio/awaitable.hpp>

#include "core/base/result.h"
#include "core/base/secret.h"
#include "core/domain/objects.h"
#include "core/login/protocol.h"

namespace metka::metkad {

// The secrets, which metka-auth keeps.
class Keys {
  public:
    virtual ~Keys() = default;
    virtual asio::awaitable<Result<void>> set_password(InboxId account, Secret password) = 0;  // durable
    virtual asio::awaitable<Result<void>> set_hashes(std::vector<login::KeptHash> hashes) = 0; // durable
    virtual asio::awaitable<Result<bool>> is_right(InboxId account, Secret password) = 0;
    virtual asio::awaitable<Result<void>> changed_elsewhere(InboxId account) = 0; // a Unix password
    virtual asio::awaitable<Result<void>> remove(InboxId account) = 0;            // safe to repeat
};

} // namespace metka::metkad
