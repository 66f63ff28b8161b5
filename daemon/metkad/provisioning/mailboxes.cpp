#include "core/policy/provisioning.h"
#include "daemon/metkad/machine/time_zone.h"
#include "daemon/metkad/provisioning/change.h"
#include "daemon/metkad/provisioning/inboxes.h"
#include "daemon/metkad/provisioning/spaces.h"
#include "daemon/metkad/provisioning/verbs.h"

namespace metka::metkad {

namespace {

constexpr std::string_view no_end = "none";

// Whose a new mailbox would be, and in whose space.
struct Owner {
    Customer customer;
    std::optional<ShellAccount> shell;
};

Result<Owner> owner_of_new(const Order& order)
{
    auto& office = order.office;
    const auto* const customer_named = order.arguments.find<std::string>("customer");
    const auto* const login = order.arguments.find<std::string>("shell");
    if ((customer_named == nullptr) == (login == nullptr))
        return fail_field("customer",
                          {Fault::invalid, "say either --customer NAME, for a paid mailbox, or --shell "
                                           "LOGIN, for a free one"});
    if (login == nullptr) {
        auto customer = find_customer(office, *customer_named);
        if (!customer) return pass(customer);
        return Owner{std::move(*customer), std::nullopt};
    }
    auto shell = find_shell(office, *login);
    if (!shell) return pass(shell);
    const auto customer = office.registry.customer(shell->customer);
    if (!customer) return pass(customer);
    if (!*customer) return fail(Fault::internal, "shell account {} has no customer", *login);
    return Owner{**customer, std::move(*shell)};
}

Result<std::optional<Validity>> validity_until(Office& office, const Date& day)
{
    const auto ends = end_of_day(day, office.settings.operator_time_zone);
    if (!ends) return pass(ends);
    return std::optional(Validity{day, *ends});
}

Result<std::optional<Validity>> wanted_validity(const Order& order, const control::DateText& wanted)
{
    if (wanted.text == no_end) return std::optional<Validity>();
    const auto today = day_of(order.office.clock.now(), order.office.settings.operator_time_zone);
    if (!today) return pass(today);
    const auto day = Date::parse(wanted.text, *today);
    if (!day) return fail_field("valid_until", day.error());
    return validity_until(order.office, *day);
}

Result<std::optional<Validity>> validity_of_new(const Order& order)
{
    auto& office = order.office;
    if (const auto* const wanted = order.arguments.find<control::DateText>("valid_until"))
        return wanted_validity(order, *wanted);
    if (office.settings.plan_lifetime == 0) return std::optional<Validity>();
    const auto today = day_of(office.clock.now(), office.settings.operator_time_zone);
    if (!today) return pass(today);
    return validity_until(office, today->plus_days(static_cast<int>(office.settings.plan_lifetime)));
}

Result<void> check_place(Office& office, const Address& address, const Owner& owner)
{
    const auto untaken = refuse_taken(office, address);
    if (!untaken) return untaken;
    const auto domain = find_domain(office, address.domain());
    if (!domain) return pass(domain);
    const auto domain_owner = customer_name(office, domain->customer);
    if (!domain_owner) return pass(domain_owner);
    const auto placed = policy::may_place_address({.address = address,
                                                   .customer = owner.customer.name,
                                                   .domain_customer = *domain_owner,
                                                   .domain_state = domain->state});
    if (!placed || !owner.shell) return placed;
    const auto facts = free_mailbox_facts(office, *owner.shell, address);
    if (!facts) return pass(facts);
    return policy::may_add_free_mailbox(*facts);
}

std::string show_end(const std::optional<Validity>& validity)
{
    return validity ? validity->until.text() : std::string("no end");
}

Result<Plan> plan_of_new(Office& office, const Mailbox& mailbox, const Owner& owner)
{
    auto record = record_of(office, mailbox);
    if (!record) return pass(record);
    const auto of = owner.shell ? "shell account " + owner.shell->login : "customer " + owner.customer.name;
    return Plan{.subject = mailbox.address.text(),
                .steps = {fmt::format("add {} mailbox {} of {}: {}, valid until {}",
                                      owner.shell ? "free" : "paid", mailbox.address.show(), of,
                                      show(mailbox.capacity), show_end(mailbox.validity))},
                .after = std::move(*record)};
}

asio::awaitable<Result<Json>> make(Order& order, const Mailbox& mailbox, const Plan& plan)
{
    auto& office = order.office;
    const auto place = place_of(mailbox);
    auto password = order.arguments.take_secret("password");
    const auto keyed = co_await office.keys.set_password(mailbox.id, std::move(password));
    if (!keyed) co_return pass(keyed);
    const auto tree = co_await office.trees.make(place);
    Result<Json> added =
        tree ? commit(order, plan, [&](directory::Changes& changes) { return changes.add(mailbox); })
             : Result<Json>(pass(tree));
    if (!added) co_await take_back(office, place);
    co_return added;
}

// The mailbox as --capacity, --valid-until and --state would have it.
Result<Mailbox> as_wanted(const Order& order, const Mailbox& before)
{
    auto after = before;
    if (const auto* const capacity = order.arguments.find<Capacity>("capacity")) after.capacity = *capacity;
    if (const auto* const until = order.arguments.find<control::DateText>("valid_until")) {
        const auto validity = wanted_validity(order, *until);
        if (!validity) return pass(validity);
        after.validity = *validity;
    }
    after.standing = wanted_standing(order, before.standing);
    return after;
}

asio::awaitable<Result<void>> check_capacity(Office& office, const Mailbox& before, const Mailbox& after)
{
    if (before.capacity == after.capacity) co_return Result<void>();
    const auto usage = co_await office.trees.usage(place_of(before));
    if (!usage) co_return pass(usage);
    const auto holds = policy::may_set_capacity(after.address, after.capacity, usage->used);
    if (!holds || !before.shell) co_return holds;
    const auto shell = office.registry.shell_account(*before.shell);
    if (!shell) co_return pass(shell);
    if (!*shell) co_return Result<void>();
    const auto fits = co_await check_disk_limit(office, **shell, after.capacity, before.id);
    co_return fits;
}

Result<Plan> plan_of_set(Order& order, const Mailbox& before, const Mailbox& after)
{
    Plan plan{.subject = before.address.text(), .steps = {}};
    plan_change(plan, "capacity", show(before.capacity), show(after.capacity));
    plan_change(plan, "valid until", show_end(before.validity), show_end(after.validity));
    plan_change(plan, "state", std::string(name(before.standing)), std::string(name(after.standing)));
    if (order.arguments.has("password")) plan.steps.emplace_back("a new password");
    const auto recorded = record_change(plan, order.office, before, after);
    if (!recorded) return pass(recorded);
    return plan;
}

Result<void> refuse_owner(Office& office, const Mailbox& mailbox)
{
    const auto aliases = office.registry.aliases();
    if (!aliases) return pass(aliases);
    std::vector<std::string> owned;
    for (const auto& alias : *aliases)
        if (alias.inbox == mailbox.id) owned.push_back("alias " + alias.address.show());
    return policy::may_remove("mailbox " + mailbox.address.show(), owned);
}

} // namespace

asio::awaitable<Result<Json>> mailbox_add(Order& order)
{
    auto& office = order.office;
    const auto& address = order.arguments.get<Address>("address");
    const auto owner = owner_of_new(order);
    if (!owner) co_return pass(owner);
    const auto placed = check_place(office, address, *owner);
    if (!placed) co_return pass(placed);
    const auto validity = validity_of_new(order);
    if (!validity) co_return pass(validity);
    const auto* const capacity = order.arguments.find<Capacity>("capacity");
    const auto now = office.clock.now();
    const Mailbox mailbox{.id = InboxId::make(now),
                          .address = address,
                          .customer = owner->customer.id,
                          .shell = owner->shell ? std::optional(owner->shell->id) : std::nullopt,
                          .capacity = capacity != nullptr ? *capacity : office.settings.plan_capacity,
                          .validity = *validity,
                          .standing = Standing::active,
                          .created = now};
    if (owner->shell) {
        const auto fits = co_await check_disk_limit(office, *owner->shell, mailbox.capacity, std::nullopt);
        if (!fits) co_return pass(fits);
    }
    const auto plan = plan_of_new(office, mailbox, *owner);
    if (!plan) co_return pass(plan);
    if (order.is_dry_run()) co_return answer_to(order, *plan);
    auto made = co_await make(order, mailbox, *plan);
    co_return made;
}

Result<Json> mailbox_list(Order& order)
{
    const auto mailboxes = order.office.registry.mailboxes();
    if (!mailboxes) return pass(mailboxes);
    const auto* const in = order.arguments.find<DomainName>("domain");
    const auto* const of = order.arguments.find<std::string>("customer");
    control::JsonArray rows;
    for (const auto& mailbox : *mailboxes) {
        if (in != nullptr && mailbox.address.domain() != *in) continue;
        auto record = record_of(order.office, mailbox);
        if (!record) return pass(record);
        Json row(std::move(*record));
        if (of == nullptr || *row.member("customer") == Json(*of)) rows.push_back(std::move(row));
    }
    return Json(std::move(rows));
}

asio::awaitable<Result<Json>> mailbox_show(Order& order)
{
    auto& office = order.office;
    const auto mailbox = find_mailbox(office, order.arguments.get<Address>("address"));
    if (!mailbox) co_return pass(mailbox);
    const auto maildir = maildir_of(place_of(*mailbox));
    if (!maildir) co_return pass(maildir);
    auto card = record_of(office, *mailbox);
    if (!card) co_return pass(card);
    auto holding = co_await holding_of(office, place_of(*mailbox));
    card->push_back({"usage", std::move(holding.usage)});
    card->push_back({"messages", std::move(holding.messages)});
    card->push_back({"maildir", *maildir});
    card->push_back({"created", show_instant(mailbox->created)});
    co_return Json(std::move(*card));
}

asio::awaitable<Result<Json>> mailbox_set(Order& order)
{
    auto& office = order.office;
    const auto something = refuse_empty(order);
    if (!something) co_return pass(something);
    const auto before = find_mailbox(office, order.arguments.get<Address>("address"));
    if (!before) co_return pass(before);
    const auto after = as_wanted(order, *before);
    if (!after) co_return pass(after);
    const auto fits = co_await check_capacity(office, *before, *after);
    if (!fits) co_return pass(fits);
    const auto plan = plan_of_set(order, *before, *after);
    if (!plan) co_return pass(plan);
    auto password = order.arguments.take_secret("password");
    if (!password.empty() && !order.is_dry_run()) {
        const auto keyed = co_await office.keys.set_password(before->id, std::move(password));
        if (!keyed) co_return pass(keyed);
    }
    co_return commit(order, *plan, [&](directory::Changes& changes) { return changes.set(*after); });
}

asio::awaitable<Result<Json>> mailbox_remove(Order& order)
{
    auto& office = order.office;
    const auto mailbox = find_mailbox(office, order.arguments.get<Address>("address"));
    if (!mailbox) co_return pass(mailbox);
    const auto free = refuse_owner(office, *mailbox);
    if (!free) co_return pass(free);
    auto record = record_of(office, *mailbox);
    if (!record) co_return pass(record);
    Plan plan{.subject = mailbox->address.text(),
              .steps = {fmt::format("remove mailbox {} and the mail in it", mailbox->address.show())},
              .before = std::move(*record)};
    const auto removed =
        commit(order, plan, [&](directory::Changes& changes) { return changes.remove_inbox(mailbox->id); });
    if (!removed || order.is_dry_run()) co_return removed;
    auto answer = co_await clear_away(order, std::move(plan), place_of(*mailbox));
    co_return answer;
}

} // namespace metka::metkad
