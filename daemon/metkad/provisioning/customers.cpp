#include <algorithm>

#include "daemon/metkad/provisioning/change.h"
#include "daemon/metkad/provisioning/removals.h"
#include "daemon/metkad/provisioning/spaces.h"
#include "daemon/metkad/provisioning/verbs.h"

namespace metka::metkad {

namespace {

// invalid, with the plans there are: metka.yaml has none of that name.
Result<std::string> wanted_plan(const Order& order, const std::string& now)
{
    const auto* const wanted = order.arguments.find<std::string>("plan");
    if (wanted == nullptr) return now;
    const auto& settings = order.office.settings;
    if (settings.plan(*wanted).name == *wanted) return *wanted;
    std::string names(standard_plan);
    for (const auto& plan : settings.plans)
        names += ", " + plan.name;
    return fail_field(
        "plan", {Fault::invalid, fmt::format("there is no plan {}; metka.yaml has {}", *wanted, names)});
}

Result<void> refuse_known(Office& office, const std::string& name)
{
    const auto there = office.registry.customer(name);
    if (!there) return pass(there);
    if (*there)
        return fail(Fault::conflict, "there is a customer {0} already; `metkactl customer show {0}` shows it",
                    name);
    return {};
}

Result<Json> change(Order& order, const Customer& before, const Customer& after)
{
    Plan plan{.subject = before.name, .steps = {}};
    plan_change(plan, "name", before.name, after.name);
    plan_change(plan, "title", before.title, after.title);
    plan_change(plan, "contact", before.contact, after.contact);
    plan_change(plan, "plan", before.plan, after.plan);
    plan_change(plan, "language", std::string(name(before.language)), std::string(name(after.language)));
    plan_change(plan, "state", std::string(name(before.standing)), std::string(name(after.standing)));
    const auto recorded = record_change(plan, order.office, before, after);
    if (!recorded) return pass(recorded);
    return commit(order, plan, [&](directory::Changes& changes) { return changes.set(after); });
}

Result<std::uint64_t> aliases_of_customer(Office& office, const std::vector<Domain>& domains)
{
    std::uint64_t count = 0;
    for (const auto& domain : domains) {
        const auto aliases = office.registry.aliases_at(domain.id);
        if (!aliases) return pass(aliases);
        count += aliases->size();
    }
    return count;
}

} // namespace

Result<Json> customer_add(Order& order)
{
    auto& office = order.office;
    const auto now = office.clock.now();
    const auto plan_name = wanted_plan(order, std::string(standard_plan));
    if (!plan_name) return pass(plan_name);
    const Customer customer{.id = CustomerId::make(now),
                            .name = order.arguments.get<std::string>("name"),
                            .title = order.arguments.get<std::string>("title"),
                            .contact = order.arguments.get<std::string>("contact"),
                            .plan = *plan_name,
                            .language = wanted_language(order, office.settings.operator_language),
                            .standing = Standing::active,
                            .created = now};
    const auto unknown = refuse_known(office, customer.name);
    if (!unknown) return pass(unknown);
    auto record = record_of(office, customer);
    if (!record) return pass(record);
    Plan plan{.subject = customer.name, .steps = {}, .after = std::move(*record)};
    plan.add("add customer {} (“{}”)", customer.name, customer.title);
    return commit(order, plan, [&](directory::Changes& changes) { return changes.add(customer); });
}

Result<Json> customer_list(Order& order)
{
    return list_of(order.office, order.office.registry.customers(), [](const Customer&) { return true; });
}

Result<Json> customer_show(Order& order)
{
    auto& office = order.office;
    const auto customer = find_customer(office, order.arguments.get<std::string>("name"));
    if (!customer) return pass(customer);
    const auto domains = office.registry.domains_of(customer->id);
    if (!domains) return pass(domains);
    const auto shells = office.registry.shell_accounts_of(customer->id);
    if (!shells) return pass(shells);
    const auto mailboxes = office.registry.mailboxes_of(customer->id);
    if (!mailboxes) return pass(mailboxes);
    const auto aliases = aliases_of_customer(office, *domains);
    if (!aliases) return pass(aliases);
    const auto sums = sums_of(office, *customer);
    if (!sums) return pass(sums);
    const auto free =
        std::ranges::count_if(*mailboxes, [](const Mailbox& each) { return each.shell.has_value(); });
    auto card = record_of(office, *customer);
    if (!card) return pass(card);
    card->push_back({"domains", Json::count(domains->size())});
    card->push_back({"shells", Json::count(shells->size())});
    card->push_back({"mailboxes", Json::count(mailboxes->size())});
    card->push_back({"free_mailboxes", Json::count(static_cast<std::uint64_t>(free))});
    card->push_back({"most_free_mailboxes", Json::count(std::min(sums->of_shells, sums->of_domains))});
    card->push_back({"aliases", Json::count(*aliases)});
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
    auto plan_name = wanted_plan(order, before->plan);
    if (!plan_name) return pass(plan_name);
    after.plan = std::move(*plan_name);
    after.language = wanted_language(order, before->language);
    after.standing = wanted_standing(order, before->standing);
    return change(order, *before, after);
}

Result<Json> customer_rename(Order& order)
{
    const auto before = find_customer(order.office, order.arguments.get<std::string>("name"));
    if (!before) return pass(before);
    auto after = *before;
    after.name = order.arguments.get<std::string>("to");
    if (after.name != before->name) {
        const auto unknown = refuse_known(order.office, after.name);
        if (!unknown) return pass(unknown);
    }
    return change(order, *before, after);
}

Result<Json> customer_standing(Order& order)
{
    const auto before = find_customer(order.office, order.arguments.get<std::string>("name"));
    if (!before) return pass(before);
    auto after = *before;
    after.standing = wanted_standing(order, before->standing);
    return change(order, *before, after);
}

asio::awaitable<Result<Json>> customer_remove(Order& order)
{
    const auto customer = find_customer(order.office, order.arguments.get<std::string>("name"));
    if (!customer) co_return pass(customer);
    Removal removal(order, customer->name);
    const auto taken = removal.take(*customer);
    if (!taken) co_return pass(taken);
    auto answer = co_await removal.carry_out();
    co_return answer;
}

// --- plans

namespace {

Json row_of(const settings::Plan& plan)
{
    return Json(
        control::JsonObject{{"name", plan.name},
                            {"disk_limit", show_capacity(plan.disk_limit)},
                            {"capacity", show_capacity(plan.capacity)},
                            {"lifetime", Json::count(plan.lifetime)},
                            {"self_service_aliases", Json::count(plan.self_service_aliases)},
                            {"free_mailboxes_per_shell", Json::count(plan.free_mailboxes_per_shell)},
                            {"free_mailboxes_per_domain", Json::count(plan.free_mailboxes_per_domain)},
                            {"notice_days", show(plan.notice_days)},
                            {"grace_days", Json::count(plan.grace_days)},
                            {"quarantine_days", Json::count(plan.quarantine_days)},
                            {"messages_per_hour", Json::count(plan.messages_per_hour)},
                            {"messages_per_day", Json::count(plan.messages_per_day)}});
}

} // namespace

Result<Json> plan_list(Order& order)
{
    control::JsonArray rows{row_of(order.office.settings.standard())};
    for (const auto& plan : order.office.settings.plans)
        rows.push_back(row_of(plan));
    return Json(std::move(rows));
}

Result<Json> plan_show(Order& order)
{
    const auto& name = order.arguments.get<std::string>("name");
    const auto plan = order.office.settings.plan(name);
    if (plan.name != name)
        return fail(Fault::not_found, "there is no plan {}; `metkactl plan list` shows all", name);
    return row_of(plan);
}

} // namespace metka::metkad
