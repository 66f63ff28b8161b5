#pragma once
// Mailboxes as administrators, self-service and `apply` make and change them: one set of checks for all
// three.

#include "core/policy/provisioning.h"
#include "daemon/metkad/provisioning/change.h"

namespace metka::metkad {

using control::Json;

// Whose a mailbox is, and in whose space.
struct Owner {
    Customer customer;
    std::optional<ShellAccount> shell; // none: paid
};

// May this address be a mailbox or alias of this customer: its domain, who has it, who had it.
Result<void> check_address(Order& order, const Address& address, const Customer& customer);
// The same, and rule 4 for a free one.
Result<void> check_place(Order& order, const Address& address, const Owner& owner);

// A name in the host domain is an address there, and waits for its customer as one. No host domain: none
// does.
Result<void> may_take_host_name(Office& office, std::string_view name, const CustomerId& customer);
// A name that its account no longer has.
Result<void> free_host_name(Office& office, directory::Changes& changes, std::string_view name,
                            const CustomerId& customer);
// "biuro.moja-firma": by default, with -2, -3 … where that is somebody else's (V11).
Result<std::string> default_host_name(Office& office, const Address& address, const CustomerId& customer,
                                      policy::Asker asker);

Result<std::optional<Validity>> validity_until(Office& office, const Date& day);
Result<std::optional<Validity>> wanted_validity(Office& office, const control::DateText& wanted);
// The last day of a mailbox that begins now (the plan's lifetime).
Result<std::optional<Validity>> lifetime_from(Office& office, const Date& day, const settings::Plan& plan);
std::string show_end(const std::optional<Validity>& validity);

// A new mailbox of the plan's numbers, with what the order's arguments say instead.
Result<Mailbox> new_mailbox(Order& order, const Address& address, const Owner& owner);
Result<Plan> plan_of_new(Office& office, const Mailbox& mailbox, const Owner& owner);
// Its secret if the order brings one, its tree, its row: all or nothing. In a batch, the first two come
// later.
asio::awaitable<Result<Json>> furnish_mailbox(Order& order, Mailbox mailbox, Plan plan);

// Rules 4 and 6 for another capacity.
asio::awaitable<Result<void>> check_capacity(Order& order, const Mailbox& before, Capacity capacity);

// Another primary address (rule 9).
enum class OldAddress { goes, stays_as_alias };
Result<Json> rename_mailbox(Order& order, const Mailbox& before, const Address& to, OldAddress old,
                            MadeBy by);

// The same of an alias.
Result<Json> rename_alias(Order& order, const Alias& before, const Address& to, const Customer& customer);

} // namespace metka::metkad
