#pragma once
// Where mail ends: the tree of an inbox whose row has gone and whose grace is over.

#include "daemon/metkad/provisioning/facts.h"

namespace metka::metkad {

// The customer an inbox belongs to. internal: it belongs to none.
Result<CustomerId> customer_of(Office& office, const InboxId& inbox);

// Its fence, its tree with the help of its shell user where only that one can empty it, then the note of it.
// Safe to repeat.
asio::awaitable<Result<void>> purge_tree(Office& office, Removed removed);

} // namespace metka::metkad
