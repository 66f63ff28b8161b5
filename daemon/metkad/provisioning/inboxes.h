#pragma once
// The secret and the tree that belong to the row of a mailbox or a shell account.

#include "daemon/metkad/provisioning/change.h"

namespace metka::metkad {

// The row did not come to be, so what was made for it goes again. What cannot go now is under an id that
// nobody knows, and does no harm.
asio::awaitable<void> take_back(Office& office, maildir::InboxPlace place);

// The row has gone: secret and tree go too. What cannot go now is said in the answer, and is no fault:
// without its row nothing can reach it.
asio::awaitable<control::Json> clear_away(Order& order, Plan plan, maildir::InboxPlace place);

} // namespace metka::metkad
