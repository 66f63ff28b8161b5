#include "core/policy/provisioning.h"
#include "daemon/metkad/provisioning/ends.h"
#include "daemon/metkad/provisioning/mailboxes.h"
#include "daemon/metkad/provisioning/removals.h"
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
    return fail(
        Fault::invalid,
        "{} is not on this host: forwarding outside is not offered, an alias leads to an inbox of the same "
        "customer; other places can fetch from that inbox by POP3",
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

// What a row and a card share: the customer, by the inbox, since the host domain has none.
Result<Customer> customer_by(Office& office, const InboxId& inbox)
{
    const auto id = customer_of(office, inbox);
    if (!id) return pass(id);
    return find_customer(office, *id);
}

Result<void> check_target(Order& order, const Address& address, const Target& target)
{
    const auto domain = find_domain(order.office, address.domain());
    if (!domain) return pass(domain);
    if (domain->kind == DomainKind::host || domain->customer == target.customer) return {};
    return fail(Fault::conflict, "{} belongs to another customer than {}; an alias stays within its customer",
                target.name, address.show());
}

} // namespace

Result<Json> alias_add(Order& order)
{
    auto& office = order.office;
    const auto& address = order.arguments.get<Address>("address");
    const auto target = target_of(order);
    if (!target) return fail_field("to", target.error());
    const auto customer = find_customer(office, target->customer);
    if (!customer) return pass(customer);
    const auto placed = check_address(order, address, *customer);
    if (!placed) return pass(placed);
    const Alias alias{.address = address,
                      .inbox = target->inbox,
                      .made_by = MadeBy::administrator,
                      .created = office.clock.now()};
    auto record = record_of(office, alias);
    if (!record) return pass(record);
    Plan plan{.subject = address.text(), .steps = {}, .after = std::move(*record)};
    plan.add("lead {} to {}", address.show(), target->name);
    return commit(order, plan, [&](directory::Changes& changes) { return changes.add(alias); });
}

Result<Json> alias_list(Order& order)
{
    auto& office = order.office;
    const auto* const in = order.arguments.find<DomainName>("domain");
    const auto* const of = order.arguments.find<std::string>("customer");
    std::optional<InboxId> to;
    if (order.arguments.has("to")) {
        const auto target = target_of(order);
        if (!target) return fail_field("to", target.error());
        to = target->inbox;
    }
    auto aliases = to ? office.registry.aliases_of(*to) : Result<std::vector<Alias>>();
    if (!to && in != nullptr) {
        const auto domain = find_domain(office, *in);
        if (!domain) return pass(domain);
        aliases = office.registry.aliases_at(domain->id);
    } else if (!to) {
        aliases = office.registry.aliases();
    }
    if (!aliases) return pass(aliases);
    if (of != nullptr) {
        const auto customer = find_customer(office, *of);
        if (!customer) return pass(customer);
        std::erase_if(*aliases, [&](const Alias& alias) {
            const auto owner = customer_of(office, alias.inbox);
            return !owner || *owner != customer->id;
        });
    }
    return list_of(office, aliases,
                   [&](const Alias& alias) { return in == nullptr || alias.address.domain() == *in; });
}

Result<Json> alias_show(Order& order)
{
    auto& office = order.office;
    const auto alias = find_alias(office, order.arguments.get<Address>("address"));
    if (!alias) return pass(alias);
    const auto customer = customer_by(office, alias->inbox);
    if (!customer) return pass(customer);
    auto card = record_of(office, *alias);
    if (!card) return pass(card);
    card->push_back({"customer", customer->name});
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
    const auto placed = check_target(order, before->address, *target);
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

Result<Json> rename_alias(Order& order, const Alias& before, const Address& to, const Customer& customer)
{
    auto& office = order.office;
    auto after = before;
    after.address = to;
    Plan plan{.subject = before.address.text(), .steps = {}};
    if (to == before.address) return commit(order, plan, {});
    plan.add("{} becomes {}", before.address.show(), to.show());
    const auto recorded = record_change(plan, office, before, after);
    if (!recorded) return pass(recorded);
    const auto until =
        office.clock.now() + std::chrono::days(office.settings.plan(customer.plan).quarantine_days);
    return commit(order, plan, [&](directory::Changes& changes) {
        auto done = changes.remove_alias(before.address);
        if (done) done = changes.add(after);
        if (done)
            done =
                changes.add(Quarantine{.address = before.address, .customer = customer.id, .until = until});
        return done;
    });
}

Result<Json> alias_rename(Order& order)
{
    auto& office = order.office;
    const auto before = find_alias(office, order.arguments.get<Address>("address"));
    if (!before) return pass(before);
    const auto& to = order.arguments.get<Address>("to");
    const auto customer = customer_by(office, before->inbox);
    if (!customer) return pass(customer);
    if (to != before->address) {
        const auto placed = check_address(order, to, *customer);
        if (!placed) return pass(placed);
    }
    return rename_alias(order, *before, to, *customer);
}

asio::awaitable<Result<Json>> alias_remove(Order& order)
{
    const auto alias = find_alias(order.office, order.arguments.get<Address>("address"));
    if (!alias) co_return pass(alias);
    Removal removal(order, alias->address.text());
    const auto taken = removal.take(*alias);
    if (!taken) co_return pass(taken);
    auto answer = co_await removal.carry_out();
    co_return answer;
}

} // namespace metka::metkad
