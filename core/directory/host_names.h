#pragma once
// The names of accounts in the host domain (V11). In that domain a name and an address are one thing, so
// neither is given to one account while another has the other. Faults as keys.h.

#include <string_view>

#include "core/directory/directory.h"

namespace metka::directory {

// May `account` have this name, and be found by it in the host domain?
Result<void> may_be_named(Registry&, const InboxId& account, std::string_view name);

// As above; a mailbox whose primary address lies in the host domain has its local part as its name.
Result<void> may_be_named(Registry&, const Mailbox&);

// May this address lead to `account`, if it lies in the host domain?
Result<void> may_lead_to(Registry&, const Address&, const InboxId& account);

// The host domain: one, of no customer, always active.
Result<void> may_add_host(Registry&, const Domain&);

// It may take another name while no address lies in it.
Result<void> may_set_host(Registry&, const Domain& now, const Domain& then);

} // namespace metka::directory
