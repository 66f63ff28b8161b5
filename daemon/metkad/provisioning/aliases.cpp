#include "core/policy/provisioning.h"
#include "daemon/metkad/provisioning/change.h"
#include "daemon/metkad/provisioning/verbs.h"

namespace metka::metkad {

namespace {

using control::InboxName;

struct Target {
    InboxId inbox;
    CustomerId customer;
    std::string name;
};

// Rule 3: an alias leads to an inbox here, never to another alias and never outside.
std::unexpected<Error> refuse_target(Office& office, const Address& to)
{
    const auto alias = office.registry.alias(to);
    if (!alias) return pass(alias);
    if (*alias) {
        const auto inbox = inbox_name(office, (*alias)->inbox);
        if (!inbox) return pass(inbox);
        return fail(Fault::conflict,
                    "{} is an alias itself, and an alias never leads to another: lead it to {}", to.show(),
                    *inbox);
    }
    const auto domain = office.registry.domain(to.domain());
    if (!domain) return pass(domain);
    if (*domain)
        return fail(Fault::not_found, "there is no mailbox {0}; `metkactl mailbox list` shows all",
                    to.show());
    return fail(Fault::invalid,
                "{} is not on this host: an alias leads to an inbox of the same customer; mail can be "
                "fetched from that "
                "inbox by POP3",
                to.show());
}

Result<Target> target_of(const Order& order)
{
    auto& office = order.office;
    const auto& to = order.arguments.get<InboxName>("to");
    if (const auto* const address = std::get_if<Address>(&to)) {
        const auto mailbox = office.registry.mailbox(*address);
        if (!mailbox) return pass(mailbox);
        if (!*mailbox) return refuse_target(office, *address);
        return Target{(*mailbox)->id, (*mailbox)->customer, address->text()};
    }
    const auto shell = find_shell(office, std::get<std::string>(to));
    if (!shell) return pass(shell);
    return Target{shell->id, shell->customer, shell->login};
}

Result<void> check_place(Office& office, const Address& address, const Target& target)
{
    const auto domain = find_domain(office, address.domain());
    if (!domain) return pass(domain);
    const auto owner = customer_name(office, domain->customer);
    if (!owner) return pass(owner);
    const auto customer = customer_name(office, target.customer);
    if (!customer) return pass(customer);
    return policy::may_place_address({.address = address,
                                      .customer = *customer,
                                      .domain_customer = *owner,
                                      .domain_state = domain->state});
}

} // namespace

Result<Json> alias_add(Order& order)
{
    const auto& address = order.arguments.get<Address>("address");
    const auto untaken = refuse_taken(order.office, address);
    if (!untaken) return pass(untaken);
    const auto target = target_of(order);
    if (!target) return fail_field("to", target.error());
    const auto placed = check_place(order.office, address, *target);
    if (!placed) return pass(placed);
    const Alias alias{.address = address,
                      .inbox = target->inbox,
                      .made_by = MadeBy::administrator,
                      .created = order.office.clock.now()};
    auto record = record_of(order.office, alias);
    if (!record) return pass(record);
    const Plan plan{.subject = address.text(),
                    .steps = {fmt::format("lead {} to {}", address.show(), target->name)},
                    .after = std::move(*record)};
    return commit(order, plan, [&](directory::Changes& changes) { return changes.add(alias); });
}

Result<Json> alias_list(Order& order)
{
    auto& office = order.office;
    const auto aliases = office.registry.aliases();
    if (!aliases) return pass(aliases);
    const auto* const in = order.arguments.find<DomainName>("domain");
    const auto* const of = order.arguments.find<std::string>("customer");
    control::JsonArray rows;
    for (const auto& alias : *aliases) {
        if (in != nullptr && alias.address.domain() != *in) continue;
        const auto domain = find_domain(office, alias.address.domain());
        if (!domain) return pass(domain);
        const auto customer = customer_name(office, domain->customer);
        if (!customer) return pass(customer);
        if (of != nullptr && *customer != *of) continue;
        auto record = record_of(office, alias);
        if (!record) return pass(record);
        rows.emplace_back(std::move(*record));
    }
    return Json(std::move(rows));
}

Result<Json> alias_show(Order& order)
{
    auto& office = order.office;
    const auto alias = find_alias(office, order.arguments.get<Address>("address"));
    if (!alias) return pass(alias);
    const auto domain = find_domain(office, alias->address.domain());
    if (!domain) return pass(domain);
    const auto customer = customer_name(office, domain->customer);
    if (!customer) return pass(customer);
    auto card = record_of(office, *alias);
    if (!card) return pass(card);
    card->push_back({"customer", *customer});
    card->push_back({"created", show_instant(alias->created)});
    return Json(std::move(*card));
}

Result<Json> alias_set(Order& order)
{
    auto& office = order.office;
    const auto before = find_alias(office, order.arguments.get<Address>("address"));
    if (!before) return pass(before);
    const auto target = target_of(order);
    if (!target) return fail_field("to", target.error());
    const auto placed = check_place(office, before->address, *target);
    if (!placed) return pass(placed);
    const auto led_to = inbox_name(office, before->inbox);
    if (!led_to) return pass(led_to);
    auto after = *before;
    after.inbox = target->inbox;
    Plan plan{.subject = before->address.text(), .steps = {}};
    plan_change(plan, "to", *led_to, target->name);
    const auto recorded = record_change(plan, office, *before, after);
    if (!recorded) return pass(recorded);
    return commit(order, plan, [&](directory::Changes& changes) { return changes.set(after); });
}

Result<Json> alias_remove(Order& order)
{
    const auto alias = find_alias(order.office, order.arguments.get<Address>("address"));
    if (!alias) return pass(alias);
    auto record = record_of(order.office, *alias);
    if (!record) return pass(record);
    const Plan plan{.subject = alias->address.text(),
                    .steps = {fmt::format("remove alias {}", alias->address.show())},
                    .before = std::move(*record)};
    return commit(order, plan,
                  [&](directory::Changes& changes) { return changes.remove_alias(alias->address); });
}

} // namespace metka::metkad
