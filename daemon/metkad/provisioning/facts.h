#pragma once
// What handlers look up, with the refusals that name the object; and the objects as their answers show them.

#include <string>

#include "core/domain/objects.h"
#include "daemon/metkad/provisioning/provisioning.h"

namespace metka::metkad {

// not_found, with a sentence, instead of an empty optional.
Result<Customer> find_customer(Office&, const std::string& name);
Result<Domain> find_domain(Office&, const DomainName& name);
Result<ShellAccount> find_shell(Office&, const std::string& login);
Result<Mailbox> find_mailbox(Office&, const Address& address);
Result<Alias> find_alias(Office&, const Address& address);

Result<std::string> customer_name(Office&, const CustomerId& id);
// An inbox as people name it: a mailbox's address, a shell account's login.
Result<std::string> inbox_name(Office&, const InboxId& id);
Result<std::optional<DomainName>> domain_name(Office&, const std::optional<DomainId>& id);

// conflict if a mailbox or an alias has this address.
Result<void> refuse_taken(Office&, const Address& address);

maildir::InboxPlace place_of(const Mailbox& mailbox);
maildir::InboxPlace place_of(const ShellAccount& shell);
Result<std::string> maildir_of(const maildir::InboxPlace& place); // relative to the state folder

// The fields of the rows of `list`, and of the audit.
Result<control::JsonObject> record_of(Office&, const Customer& customer);
Result<control::JsonObject> record_of(Office&, const Domain& domain);
Result<control::JsonObject> record_of(Office&, const ShellAccount& shell);
Result<control::JsonObject> record_of(Office&, const Mailbox& mailbox);
Result<control::JsonObject> record_of(Office&, const Alias& alias);

control::Json show_capacity(const Capacity& capacity);
control::Json show_instant(Instant instant); // ISO 8601, UTC, whole seconds

// What an inbox holds, for `show`: null where the store cannot say now.
struct Holding {
    control::Json usage;
    control::Json messages;
};
asio::awaitable<Holding> holding_of(Office& office, maildir::InboxPlace place);

} // namespace metka::metkad
