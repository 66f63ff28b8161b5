#pragma once
// The space of a shell account (V4, V8): what its free mailboxes count and are promised.

#include "core/policy/provisioning.h"
#include "daemon/metkad/provisioning/facts.h"

namespace metka::metkad {

Result<std::vector<Mailbox>> free_mailboxes_of(Office& office, const InboxId& shell);

// What rule 4 asks of a new free mailbox at `address`.
Result<policy::FreeMailboxFacts> free_mailbox_facts(Office& office, const ShellAccount& shell,
                                                    const Address& address);

// Whether a free mailbox of this capacity fits the disk limit; `changed` is the mailbox whose capacity it
// replaces.
asio::awaitable<Result<void>> check_disk_limit(Office& office, const ShellAccount& shell, Capacity capacity,
                                               std::optional<InboxId> changed);

} // namespace metka::metkad
