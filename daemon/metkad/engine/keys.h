#pragma once
// The passwords as metkad has them: by asking whoever keeps them.

#include <vector>

#include <asio/awaitable.hpp>

#include "core/base/result.h"
#include "core/base/secret.h"
#include "core/domain/app_password.h"
#include "core/domain/objects.h"
#include "core/login/protocol.h"

namespace metka::metkad {

// One that is there, and how it was last used, as far as that is known.
struct KeptAppPassword {
    AppPassword password;
    struct Use {
        Instant at;
        login::Service service;
        std::string peer; // the client's IP address as text
    };
    std::optional<Use> last;
};

// The secrets, which metka-auth keeps.
class Keys {
  public:
    virtual ~Keys() = default;
    virtual asio::awaitable<Result<void>> set_password(InboxId account, Secret password) = 0;  // durable
    virtual asio::awaitable<Result<void>> set_hashes(std::vector<login::KeptHash> hashes) = 0; // durable
    virtual asio::awaitable<Result<bool>> is_right(InboxId account, Secret password) = 0;
    virtual asio::awaitable<Result<void>> changed_elsewhere(InboxId account) = 0; // a Unix password
    virtual asio::awaitable<Result<void>> remove(InboxId account) = 0;            // safe to repeat

    // Its name and its end are said; the password is made, and durable when it is answered.
    virtual asio::awaitable<Result<Secret>> add_app_password(InboxId account, AppPassword wanted) = 0;
    virtual asio::awaitable<Result<std::vector<KeptAppPassword>>>
    app_passwords(InboxId account) = 0; // by name
    virtual asio::awaitable<Result<void>> remove_app_password(InboxId account, std::string name) = 0;
    virtual asio::awaitable<Result<void>> remove_app_passwords(InboxId account) = 0; // all; safe to repeat
};

} // namespace metka::metkad
