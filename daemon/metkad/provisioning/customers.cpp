#include <algorithm>

#include "core/policy/provisioning.h"
#include "daemon/metkad/provisioning/change.h"
#include "daemon/metkad/provisioning/verbs.h"

namespace metka::metkad {

namespace {

// All that belongs to a customer.
struct Belongings {
    std::vector<Domain> domains;
    std::vector<ShellAccount> shells;
    std::vector<Mailbox> mailboxes;
    std::vector<Alias> aliases;
};

template <class T>
Result<std::vector<T>> of_customer(Result<std::vector<T>> all, const CustomerId& id)
{
    if (all) std::erase_if(*all, [&](const T& each) { return each.customer != id; });
    return all;
}

Result<Belongings> belongings_of(Office& office, const CustomerId& id)
{
    auto domains = of_customer(office.registry.domains(), id);
    if (!domains) return pass(domains);
    auto shells = of_customer(office.registry.shell_accounts(), id);
    if (!shells) return pass(shells);
    auto mailboxes = of_customer(office.registry.mailboxes(), id);
    if (!mailboxes) return pass(mailboxes);
    auto aliases = office.registry.aliases();
    if (!aliases) return pass(aliases);
    const auto elsewhere = [&](const Alias& alias) {
        return std::ranges::find(*domains, alias.address.domain(), &Domain::name) == domains->end();
    };
    std::erase_if(*aliases, elsewhere);
    return Belongings{std::move(*domains), std::move(*shells), std::move(*mailboxes), std::move(*aliases)};
}

std::vector<std::string> names_of(const Belongings& belongings)
{
    std::vector<std::string> names;
    for (const auto& domain : belongings.domains)
        names.push_back("domain " + domain.name.show());
    for (const auto& shell : belongings.shells)
        names.push_back("shell account " + shell.login);
    for (const auto& mailbox : belongings.mailboxes)
        names.push_back("mailbox " + mailbox.address.show());
    return names;
}

} // namespace

Result<Json> customer_add(Order& order)
{
    auto& office = order.office;
    const auto now = office.clock.now();
    const Customer customer{.id = CustomerId::make(now),
                            .name = order.arguments.get<std::string>("name"),
                            .title = order.arguments.get<std::string>("title"),
                            .contact = order.arguments.get<std::string>("contact"),
                            .standing = Standing::active,
                            .created = now};
    const auto there = office.registry.customer(customer.name);
    if (!there) return pass(there);
    if (*there)
        return fail(Fault::conflict, "there is a customer {0} already; `metkactl customer show {0}` shows it",
                    customer.name);
    auto record = record_of(office, customer);
    if (!record) return pass(record);
    const Plan plan{.subject = customer.name,
                    .steps = {fmt::format("add customer {} (“{}”)", customer.name, customer.title)},
                    .after = std::move(*record)};
    return commit(order, plan, [&](directory::Changes& changes) { return changes.add(customer); });
}

Result<Json> customer_list(Order& order)
{
    const auto customers = order.office.registry.customers();
    if (!customers) return pass(customers);
    control::JsonArray rows;
    for (const auto& customer : *customers) {
        auto record = record_of(order.office, customer);
        if (!record) return pass(record);
        rows.emplace_back(std::move(*record));
    }
    return Json(std::move(rows));
}

Result<Json> customer_show(Order& order)
{
    const auto customer = find_customer(order.office, order.arguments.get<std::string>("name"));
    if (!customer) return pass(customer);
    const auto belongings = belongings_of(order.office, customer->id);
    if (!belongings) return pass(belongings);
    auto card = record_of(order.office, *customer);
    if (!card) return pass(card);
    card->push_back({"domains", Json::count(belongings->domains.size())});
    card->push_back({"shells", Json::count(belongings->shells.size())});
    card->push_back({"mailboxes", Json::count(belongings->mailboxes.size())});
    card->push_back({"aliases", Json::count(belongings->aliases.size())});
    card->push_back({"created", show_instant(customer->created)});
    return Json(std::move(*card));
}

Result<Json> customer_set(Order& order)
{
    const auto something = refuse_empty(order);
    if (!something) return pass(something);
    const auto before = find_customer(order.office, order.arguments.get<std::string>("name"));
    if (!before) return pass(before);
    auto after = *before;
    if (const auto* const title = order.arguments.find<std::string>("title")) after.title = *title;
    if (const auto* const contact = order.arguments.find<std::string>("contact")) after.contact = *contact;
    after.standing = wanted_standing(order, before->standing);
    Plan plan{.subject = before->name, .steps = {}};
    plan_change(plan, "title", before->title, after.title);
    plan_change(plan, "contact", before->contact, after.contact);
    plan_change(plan, "state", std::string(name(before->standing)), std::string(name(after.standing)));
    const auto recorded = record_change(plan, order.office, *before, after);
    if (!recorded) return pass(recorded);
    return commit(order, plan, [&](directory::Changes& changes) { return changes.set(after); });
}

Result<Json> customer_remove(Order& order)
{
    const auto customer = find_customer(order.office, order.arguments.get<std::string>("name"));
    if (!customer) return pass(customer);
    const auto belongings = belongings_of(order.office, customer->id);
    if (!belongings) return pass(belongings);
    const auto free = policy::may_remove("customer " + customer->name, names_of(*belongings));
    if (!free) return pass(free);
    auto record = record_of(order.office, *customer);
    if (!record) return pass(record);
    const Plan plan{.subject = customer->name,
                    .steps = {fmt::format("remove customer {}", customer->name)},
                    .before = std::move(*record)};
    return commit(order, plan, [&](directory::Changes& changes) { return changes.remove(customer->id); });
}

} // namespace metka::metkad
