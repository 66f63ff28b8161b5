#pragma once
// What metka-auth knows of log-ins, as answers show it.

#include "daemon/metkad/provisioning/facts.h"

namespace metka::metkad {

// `last_login`: an object; null: none is known. Where metka-auth does not answer, the object says that alone.
asio::awaitable<control::Json> last_login_of(const Order& order, InboxId account);

// The rows of `login list`, each account by its log-in name.
Result<control::Json> show_held(Office& office, const std::vector<login::HeldRow>& rows);

} // namespace metka::metkad
