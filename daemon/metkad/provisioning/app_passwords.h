#pragma once
// What becomes of the app passwords of an account that gets another main password, or another owner: they
// open it on, unless the order says --revoke-app-passwords. Its plan tells which.

#include "daemon/metkad/provisioning/change.h"

namespace metka::metkad {

// Adds what the order does with those that are good still; nothing where there are none.
asio::awaitable<Result<void>> plan_app_passwords(Order& order, InboxId account, Plan& plan);

// Removes all of them if the order says so and is no rehearsal. Before the rest is carried out: an order that
// fails behind it has let nobody in.
asio::awaitable<Result<void>> revoke_app_passwords(Order& order, InboxId account);

} // namespace metka::metkad
