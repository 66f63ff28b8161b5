#pragma once
// What is the caller's own: its mailboxes, its customer, and whether it may change them now. What belongs to
// anybody else is as if it were not there.

#include "daemon/metkad/provisioning/facts.h"

namespace metka::metkad {

Result<Mailbox> own_mailbox(const Order& order, const Address& address);
// What the administrator has suspended is not removed and made again to let it go on: denied.
Result<Mailbox> own_mailbox_to_change(const Order& order, const Address& address);
Result<Customer> own_customer(const Order& order);
// Suspended people look, and change nothing: denied.
Result<void> refuse_suspended(const Order& order);

} // namespace metka::metkad
