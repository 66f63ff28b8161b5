// Self-service (V3): a shell account's own aliases, free mailboxes and passwords. Whose they are is the
// caller's uid, never a parameter; what belongs to anybody else is as if it were not there.

#include "core/policy/provisioning.h"
#include "daemon/metkad/provisioning/app_passwords.h"
#include "daemon/metkad/provisioning/mailboxes.h"
#include "daemon/metkad/provisioning/own.h"
#include "daemon/metkad/provisioning/removals.h"
#include "daemon/metkad/provisioning/shells.h"
#include "daemon/metkad/provisioning/spaces.h"
#include "daemon/metkad/provisioning/verbs.h"

namespace metka::metkad {

namespace {

Result<Alias> own_alias(const Order& order, const Address& address)
{
    const auto alias = order.office.registry.alias(address);
    if (!alias) return pass(alias);
    auto leads_here = *alias && (*alias)->inbox == self(order).id;
    if (*alias && !leads_here) {
        const auto mailbox = order.office.registry.mailbox((*alias)->inbox);
        if (!mailbox) return pass(mailbox);
        leads_here = *mailbox && (*mailbox)->shell == self(order).id;
    }
    if (!leads_here)
        return fail(Fault::not_found, "you have no alias {}; `metkactl my alias list` shows yours",
                    address.show());
    if ((*alias)->made_by != MadeBy::self_service)
        return fail(Fault::denied,
                    "the alias {} was made by the administrator; only the administrator changes it",
                    address.show());
    return **alias;
}

Result<policy::SelfAliasFacts> alias_facts(const Order& order, const Address& address)
{
    auto& office = order.office;
    const auto domain = office.registry.domain(address.domain());
    if (!domain) return pass(domain);
    const auto count = self_service_aliases(office, self(order));
    if (!count) return pass(count);
    const auto numbers = numbers_of(office, self(order));
    if (!numbers) return pass(numbers);
    policy::SelfAliasFacts facts{.address = address, .count = *count, .most = numbers->most_aliases};
    if (*domain) {
        facts.own_domain = (*domain)->customer == self(order).customer;
        facts.domain_state = (*domain)->state;
    }
    return facts;
}

// A new name for what is there already: the count does not grow.
Result<void> check_new_alias_address(Order& order, const Address& to)
{
    auto facts = alias_facts(order, to);
    if (!facts) return pass(facts);
    facts->most = UINT64_MAX;
    const auto allowed = policy::may_add_self_alias(*facts);
    if (!allowed) return allowed;
    const auto customer = own_customer(order);
    if (!customer) return pass(customer);
    return check_address(order, to, *customer);
}

Result<void> check_new_mailbox_address(Order& order, const Address& address)
{
    const auto named = policy::may_name_by_self_service(address);
    if (!named) return named;
    const auto domain = order.office.registry.domain(address.domain());
    if (!domain) return pass(domain);
    if (!*domain || (*domain)->id != self(order).free_domain) {
        const auto free_domain = domain_name(order.office, self(order).free_domain);
        if (!free_domain) return pass(free_domain);
        if (!*free_domain)
            return fail(Fault::conflict,
                        "no domain for free mailboxes is agreed; ask the administrator for one");
        return fail(Fault::conflict, "your free mailboxes live in {}, not in {}", (*free_domain)->show(),
                    address.domain().show());
    }
    if ((*domain)->state != DomainState::active)
        return fail(Fault::conflict, "the domain {} is not active; ask the administrator",
                    address.domain().show());
    return {};
}

Json row_of(Commons& commons, const Mailbox& mailbox)
{
    const auto state = state_of(commons, mailbox);
    return Json(control::JsonObject{
        {"address", mailbox.address.text()},
        {"state", state ? Json(*state) : Json()},
        {"capacity", show_capacity(mailbox.capacity)},
        {"valid_until", mailbox.validity ? Json(mailbox.validity->until.text()) : Json()}});
}

} // namespace

// --- aliases

// Those to the account itself, and those that renamed mailboxes left behind: they count, too.
Result<Json> my_alias_list(Order& order)
{
    auto& registry = order.office.registry;
    const auto mailboxes = registry.mailboxes_in(self(order).id);
    if (!mailboxes) return pass(mailboxes);
    std::vector<std::pair<InboxId, std::string>> inboxes{{self(order).id, self(order).login}};
    for (const auto& mailbox : *mailboxes)
        inboxes.emplace_back(mailbox.id, mailbox.address.text());
    control::JsonArray rows;
    for (const auto& [inbox, name_of_inbox] : inboxes) {
        const auto aliases = registry.aliases_of(inbox);
        if (!aliases) return pass(aliases);
        for (const auto& alias : *aliases)
            rows.emplace_back(control::JsonObject{
                {"address", alias.address.text()}, {"to", name_of_inbox}, {"made_by", name(alias.made_by)}});
    }
    return Json(std::move(rows));
}

Result<Json> my_alias_add(Order& order)
{
    auto& office = order.office;
    const auto allowed = refuse_suspended(order);
    if (!allowed) return pass(allowed);
    const auto& address = order.arguments.get<Address>("address");
    const auto facts = alias_facts(order, address);
    if (!facts) return pass(facts);
    const auto within_rules = policy::may_add_self_alias(*facts);
    if (!within_rules) return pass(within_rules);
    const auto customer = own_customer(order);
    if (!customer) return pass(customer);
    const auto placed = check_address(order, address, *customer);
    if (!placed) return pass(placed);
    const Alias alias{.address = address,
                      .inbox = self(order).id,
                      .made_by = MadeBy::self_service,
                      .created = office.clock.now()};
    auto record = record_of(office, alias);
    if (!record) return pass(record);
    Plan plan{.subject = address.text(), .steps = {}, .after = std::move(*record)};
    plan.add("lead {} to {}", address.show(), self(order).login);
    return commit(order, plan, [&](directory::Changes& changes) { return changes.add(alias); });
}

Result<Json> my_alias_rename(Order& order)
{
    const auto allowed = refuse_suspended(order);
    if (!allowed) return pass(allowed);
    const auto alias = own_alias(order, order.arguments.get<Address>("address"));
    if (!alias) return pass(alias);
    const auto& to = order.arguments.get<Address>("to");
    const auto customer = own_customer(order);
    if (!customer) return pass(customer);
    if (to != alias->address) {
        const auto placed = check_new_alias_address(order, to);
        if (!placed) return pass(placed);
    }
    return rename_alias(order, *alias, to, *customer);
}

asio::awaitable<Result<Json>> my_alias_remove(Order& order)
{
    const auto allowed = refuse_suspended(order);
    if (!allowed) co_return pass(allowed);
    const auto alias = own_alias(order, order.arguments.get<Address>("address"));
    if (!alias) co_return pass(alias);
    Removal removal(order, alias->address.text());
    const auto taken = removal.take(*alias);
    if (!taken) co_return pass(taken);
    auto answer = co_await removal.carry_out();
    co_return answer;
}

// --- free mailboxes

Result<Json> my_mailbox_list(Order& order)
{
    const auto mailboxes = order.office.registry.mailboxes_in(self(order).id);
    if (!mailboxes) return pass(mailboxes);
    Commons commons(order.office);
    control::JsonArray rows;
    for (const auto& mailbox : *mailboxes)
        rows.push_back(row_of(commons, mailbox));
    return Json(std::move(rows));
}

asio::awaitable<Result<Json>> my_mailbox_show(Order& order)
{
    auto& office = order.office;
    const auto mailbox = own_mailbox(order, order.arguments.get<Address>("address"));
    if (!mailbox) co_return pass(mailbox);
    Commons commons(office);
    auto card = std::get<control::JsonObject>(row_of(commons, *mailbox).value);
    auto host_address = show_host_address(office, mailbox->host_name);
    if (!host_address) co_return pass(host_address);
    auto holding = co_await holding_of(office, place_of(*mailbox));
    card.push_back({"usage", std::move(holding.usage)});
    card.push_back({"messages", std::move(holding.messages)});
    card.push_back({"host_address", std::move(*host_address)});
    co_return Json(std::move(card));
}

asio::awaitable<Result<Json>> my_mailbox_add(Order& order)
{
    auto& office = order.office;
    const auto allowed = refuse_suspended(order);
    if (!allowed) co_return pass(allowed);
    const auto& address = order.arguments.get<Address>("address");
    const auto addressed = check_new_mailbox_address(order, address);
    if (!addressed) co_return pass(addressed);
    const auto customer = own_customer(order);
    if (!customer) co_return pass(customer);
    const Owner owner{*customer, self(order)};
    const auto placed = check_place(order, address, owner);
    if (!placed) co_return pass(placed);
    auto mailbox = new_mailbox(order, address, owner);
    if (!mailbox) co_return pass(mailbox);
    mailbox->language = self(order).language;
    const Promise promise{.capacity = mailbox->capacity, .changed = std::nullopt};
    const auto fits = co_await check_disk_limit(office, self(order), promise, policy::Asker::owner);
    if (!fits) co_return pass(fits);
    const auto plan = plan_of_new(office, *mailbox, owner);
    if (!plan) co_return pass(plan);
    if (order.is_dry_run()) co_return commit(order, *plan, {});
    auto made = co_await furnish_mailbox(order, *mailbox, *plan);
    co_return made;
}

asio::awaitable<Result<Json>> my_mailbox_set(Order& order)
{
    const auto allowed = refuse_suspended(order);
    if (!allowed) co_return pass(allowed);
    const auto before = own_mailbox_to_change(order, order.arguments.get<Address>("address"));
    if (!before) co_return pass(before);
    auto after = *before;
    after.capacity = order.arguments.get<Capacity>("capacity");
    const auto fits = co_await check_capacity(order, *before, after.capacity);
    if (!fits) co_return pass(fits);
    Plan plan{.subject = before->address.text(), .steps = {}};
    if (before->capacity != after.capacity)
        plan.add("capacity of {}: “{}” becomes “{}”", before->address.show(), show(before->capacity),
                 show(after.capacity));
    const auto recorded = record_change(plan, order.office, *before, after);
    if (!recorded) co_return pass(recorded);
    co_return commit(order, plan, [&](directory::Changes& changes) { return changes.set(after); });
}

Result<Json> my_mailbox_rename(Order& order)
{
    const auto allowed = refuse_suspended(order);
    if (!allowed) return pass(allowed);
    const auto before = own_mailbox_to_change(order, order.arguments.get<Address>("address"));
    if (!before) return pass(before);
    const auto& to = order.arguments.get<Address>("to");
    const auto addressed = check_new_mailbox_address(order, to);
    if (!addressed) return pass(addressed);
    const auto customer = own_customer(order);
    if (!customer) return pass(customer);
    if (to != before->address) {
        const auto placed = check_address(order, to, *customer);
        if (!placed) return pass(placed);
    }
    auto old = OldAddress::goes;
    if (order.arguments.flag("keep_alias")) {
        const auto facts = alias_facts(order, before->address);
        if (!facts) return pass(facts);
        const auto countable = policy::may_add_self_alias(*facts);
        if (!countable) return pass(countable);
        old = OldAddress::stays_as_alias;
    }
    return rename_mailbox(order, *before, to, old, MadeBy::self_service);
}

asio::awaitable<Result<Json>> my_mailbox_remove(Order& order)
{
    const auto allowed = refuse_suspended(order);
    if (!allowed) co_return pass(allowed);
    const auto mailbox = own_mailbox_to_change(order, order.arguments.get<Address>("address"));
    if (!mailbox) co_return pass(mailbox);
    Removal removal(order, mailbox->address.text());
    const auto taken = removal.take(*mailbox);
    if (!taken) co_return pass(taken);
    auto answer = co_await removal.carry_out();
    co_return answer;
}

// --- passwords

namespace {

// By whoever sits at the account's terminal: the old password says that it is its user. An administrator who
// stands in need not know it.
asio::awaitable<Result<void>> check_current(Order& order, Plan& plan)
{
    if (!order.caller.acting_as.empty()) co_return Result<void>();
    auto current = order.arguments.take_secret("current");
    if (current.empty() && order.is_dry_run()) {
        plan.add("your password as it is now is asked for then");
        co_return Result<void>();
    }
    if (current.empty())
        co_return fail_field("current", fail(Fault::invalid, "say your password as it is now, too").error());
    const auto right = co_await order.office.keys.is_right(self(order).id, std::move(current));
    if (!right) co_return pass(right);
    if (!*right) co_return fail(Fault::denied, "that is not your password as it is now");
    co_return Result<void>();
}

} // namespace

asio::awaitable<Result<Json>> my_password(Order& order)
{
    const auto allowed = refuse_suspended(order);
    if (!allowed) co_return pass(allowed);
    const auto* const address = order.arguments.find<Address>("mailbox");
    Plan plan{.subject = self(order).login, .steps = {}};
    if (address != nullptr) {
        const auto mailbox = own_mailbox_to_change(order, *address);
        if (!mailbox) co_return pass(mailbox);
        plan.subject = address->text();
        plan.add("a new password for {}", address->show());
        const auto told = co_await plan_app_passwords(order, mailbox->id, plan);
        if (!told) co_return pass(told);
        if (order.is_dry_run()) co_return commit(order, plan, {});
        const auto revoked = co_await revoke_app_passwords(order, mailbox->id);
        if (!revoked) co_return pass(revoked);
        auto password = order.arguments.take_secret("password");
        const auto kept = co_await order.office.keys.set_password(mailbox->id, std::move(password));
        if (!kept) co_return pass(kept);
    } else {
        plan.add("a new password for {}", self(order).login);
        const auto told = co_await plan_app_passwords(order, self(order).id, plan);
        if (!told) co_return pass(told);
        const auto known = co_await check_current(order, plan);
        if (!known) co_return pass(known);
        if (order.is_dry_run()) co_return commit(order, plan, {});
        const auto revoked = co_await revoke_app_passwords(order, self(order).id);
        if (!revoked) co_return pass(revoked);
        auto password = order.arguments.take_secret("password");
        const auto set = co_await set_shell_password(order.office, self(order), std::move(password));
        if (!set) co_return pass(set);
    }
    co_return commit(order, plan, [](directory::Changes&) { return Result<void>(); });
}

} // namespace metka::metkad
