#pragma once
// What handlers look up, with the refusals that name the object; and the objects as their answers show them.

#include <map>
#include <string>

#include "core/domain/objects.h"
#include "core/policy/provisioning.h"
#include "daemon/metkad/provisioning/provisioning.h"

namespace metka::metkad {

// not_found, with a sentence, instead of an empty optional.
Result<Customer> find_customer(Office&, const std::string& name);
Result<Customer> find_customer(Office&, const CustomerId& id); // internal: an object without its customer
Result<Domain> find_domain(Office&, const DomainName& name);
Result<ShellAccount> find_shell(Office&, const std::string& login);
Result<Mailbox> find_mailbox(Office&, const Address& address);
Result<Alias> find_alias(Office&, const Address& address);

Result<std::string> customer_name(Office&, const CustomerId& id);
// An inbox as people name it: a mailbox's address, a shell account's login.
Result<std::string> inbox_name(Office&, const InboxId& id);
Result<std::optional<DomainName>> domain_name(Office&, const std::optional<DomainId>& id);

// Whose account `my` is about: may_ask() lets nobody in without one.
const ShellAccount& self(const Order& order);

// Whom its refusals speak to: `my` is asked by owners.
policy::Asker asker_of(const Order& order);

// conflict if a mailbox or an alias has this address.
Result<void> refuse_taken(Office&, const Address& address, policy::Asker asker);

maildir::InboxPlace place_of(const Mailbox& mailbox);
maildir::InboxPlace place_of(const ShellAccount& shell);
maildir::InboxPlace place_of(const Removed& removed);
maildir::InboxPlace place_in(const std::optional<InboxId>& shell, const InboxId& mailbox); // none: paid
Result<std::string> maildir_of(const maildir::InboxPlace& place); // relative to the state folder

// What several rows have in common, looked up once: for lists.
class Commons {
  public:
    explicit Commons(Office& office) : office_(office) {}
    Office& office() { return office_; }
    Result<Customer> customer(const CustomerId& id);
    Result<std::optional<ShellAccount>> shell(const InboxId& id);
    Result<std::optional<Domain>> domain(const DomainName& name);

  private:
    Office& office_;
    std::map<CustomerId, Customer> customers_;
    std::map<InboxId, std::optional<ShellAccount>> shells_;
    std::map<DomainName, std::optional<Domain>> domains_;
};

// The fields of the rows of `list`, and of the audit.
Result<control::JsonObject> record_of(Commons&, const Customer& customer);
Result<control::JsonObject> record_of(Commons&, const Domain& domain);
Result<control::JsonObject> record_of(Commons&, const ShellAccount& shell);
Result<control::JsonObject> record_of(Commons&, const Mailbox& mailbox);
Result<control::JsonObject> record_of(Commons&, const Alias& alias);

template <class Object>
Result<control::JsonObject> record_of(Office& office, const Object& object)
{
    Commons commons(office);
    return record_of(commons, object);
}

// "active", "suspended", "expired": with all that stands above it.
Result<std::string> state_of(Commons&, const Mailbox& mailbox);

control::Json show_capacity(const Capacity& capacity);
control::Json show_instant(Instant instant); // ISO 8601, UTC, whole seconds
// "anna@platon.man.lublin.pl", or null without a host domain.
Result<control::Json> show_host_address(Office&, const std::string& host_name);

// What an inbox holds, for `show`: null where the store cannot say now.
struct Holding {
    control::Json usage;
    control::Json messages;
};
asio::awaitable<Holding> holding_of(Office& office, maildir::InboxPlace place);

// A list answer: each object's record, of those that `wanted` lets through.
template <class Object, class Wanted>
Result<control::Json> list_of(Office& office, const Result<std::vector<Object>>& all, const Wanted& wanted)
{
    if (!all) return pass(all);
    Commons commons(office);
    control::JsonArray rows;
    for (const auto& object : *all) {
        if (!wanted(object)) continue;
        auto record = record_of(commons, object);
        if (!record) return pass(record);
        rows.emplace_back(std::move(*record));
    }
    return control::Json(std::move(rows));
}

} // namespace metka::metkad
