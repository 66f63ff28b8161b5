#include "daemon/metkad/provisioning/mailboxes.h"

#include "daemon/metkad/machine/time_zone.h"
#include "daemon/metkad/provisioning/spaces.h"

namespace metka::metkad {

namespace {

constexpr std::string_view no_end = "none";

Result<std::optional<Address>> host_address_of(Office& office, std::string_view name)
{
    const auto host = office.registry.host_domain();
    if (!host) return pass(host);
    if (!*host) return std::optional<Address>();
    const auto address = Address::parse(fmt::format("{}@{}", name, (*host)->name.text()));
    if (!address) return pass(address);
    return std::optional(*address);
}

Result<std::string> wanted_host_name(Order& order, const Address& address, const CustomerId& customer)
{
    auto& office = order.office;
    const auto host = office.registry.host_domain();
    if (!host) return pass(host);
    const auto* const wanted = order.arguments.find<std::string>("host_name");
    if (*host && address.domain() == (*host)->name) return address.local();
    if (wanted == nullptr) return default_host_name(office, address, customer, asker_of(order));
    const auto free = may_take_host_name(office, *wanted, customer);
    if (!free) return fail_field("host_name", free.error());
    return *wanted;
}

// The row did not come to be, so what was made for it goes again. What cannot go now is under an id that
// nobody knows, and does no harm.
asio::awaitable<void> take_back(Office& office, maildir::InboxPlace place)
{
    const auto tree = co_await office.trees.remove(place);
    const auto secret = co_await office.keys.remove(place.inbox);
    (void)tree;
    (void)secret;
}

} // namespace

Result<void> check_address(Order& order, const Address& address, const Customer& customer)
{
    auto& office = order.office;
    const auto untaken = refuse_taken(office, address, asker_of(order));
    if (!untaken) return untaken;
    const auto domain = find_domain(office, address.domain());
    if (!domain) return pass(domain);
    const auto domain_owner = domain->kind == DomainKind::host ? Result<std::string>(std::string())
                                                               : customer_name(office, domain->customer);
    if (!domain_owner) return pass(domain_owner);
    const auto placed = policy::may_place_address(
        {.address = address,
         .customer = customer.name,
         .domain_customer = *domain_owner,
         .domain_kind = domain->kind,
         .domain_state = domain->state,
         .forced = order.arguments.flag("force") ? policy::Forced::yes : policy::Forced::no});
    if (!placed) return placed;
    const auto quarantine = office.registry.quarantine(address);
    if (!quarantine) return pass(quarantine);
    return policy::may_take_freed(address, *quarantine, customer.id, office.clock.now());
}

Result<void> check_place(Order& order, const Address& address, const Owner& owner)
{
    const auto addressed = check_address(order, address, owner.customer);
    if (!addressed || !owner.shell) return addressed;
    auto facts = free_mailbox_facts(order.office, *owner.shell, address);
    if (!facts) return pass(facts);
    facts->asker = asker_of(order);
    return policy::may_add_free_mailbox(*facts);
}

Result<void> may_take_host_name(Office& office, std::string_view name, const CustomerId& customer)
{
    const auto address = host_address_of(office, name);
    if (!address) return pass(address);
    if (!*address) return {};
    const auto quarantine = office.registry.quarantine(**address);
    if (!quarantine) return pass(quarantine);
    return policy::may_take_freed(**address, *quarantine, customer, office.clock.now());
}

Result<void> free_host_name(Office& office, directory::Changes& changes, std::string_view name,
                            const CustomerId& customer)
{
    const auto address = host_address_of(office, name);
    if (!address) return pass(address);
    if (!*address) return {};
    const auto owner = find_customer(office, customer);
    if (!owner) return pass(owner);
    const auto days = std::chrono::days(office.settings.plan(owner->plan).quarantine_days);
    return changes.add(
        Quarantine{.address = **address, .customer = customer, .until = office.clock.now() + days});
}

Result<std::string> default_host_name(Office& office, const Address& address, const CustomerId& customer,
                                      policy::Asker asker)
{
    constexpr int most_tries = 1000;
    const auto domain = address.domain().text();
    constexpr std::size_t longest = 56; // leaves room for a number within the 64 of a local part
    auto wanted = (address.local() + "." + domain.substr(0, domain.find('.'))).substr(0, longest);
    while (wanted.ends_with('.'))
        wanted.pop_back();
    for (int i = 1; i < most_tries; ++i) {
        auto name = i == 1 ? wanted : fmt::format("{}-{}", wanted, i);
        const auto taken = office.registry.host_name(name);
        if (!taken) return pass(taken);
        if (!*taken && may_take_host_name(office, name, customer)) return name;
    }
    if (asker == policy::Asker::owner)
        return fail(Fault::conflict,
                    "every name like {} in the operator's domain is taken; ask the administrator", wanted);
    return fail(Fault::conflict, "every name like {} in the host domain is taken; choose one with --name",
                wanted);
}

Result<std::optional<Validity>> validity_until(Office& office, const Date& day)
{
    const auto written = Date::parse(day.text()); // far enough on, a year no longer has four digits
    if (!written) return pass(written);
    const auto ends = end_of_day(day, office.settings.operator_time_zone);
    if (!ends) return pass(ends);
    return std::optional(Validity{day, *ends});
}

Result<std::optional<Validity>> wanted_validity(Office& office, const control::DateText& wanted)
{
    if (wanted.text == no_end) return std::optional<Validity>();
    const auto today = day_of(office.clock.now(), office.settings.operator_time_zone);
    if (!today) return pass(today);
    const auto day = Date::parse(wanted.text, *today);
    if (!day) return fail_field("valid_until", day.error());
    return validity_until(office, *day);
}

Result<std::optional<Validity>> lifetime_from(Office& office, const Date& day, const settings::Plan& plan)
{
    if (plan.lifetime == 0) return std::optional<Validity>();
    return validity_until(office, day.plus_days(static_cast<int>(plan.lifetime)));
}

std::string show_end(const std::optional<Validity>& validity)
{
    return validity ? validity->until.text() : std::string("no end");
}

Result<Mailbox> new_mailbox(Order& order, const Address& address, const Owner& owner)
{
    auto& office = order.office;
    const auto now = office.clock.now();
    const auto plan = office.settings.plan(owner.customer.plan);
    const auto today = day_of(now, office.settings.operator_time_zone);
    if (!today) return pass(today);
    const auto* const until = order.arguments.find<control::DateText>("valid_until");
    const auto validity =
        until != nullptr ? wanted_validity(office, *until) : lifetime_from(office, *today, plan);
    if (!validity) return pass(validity);
    auto host_name = wanted_host_name(order, address, owner.customer.id);
    if (!host_name) return pass(host_name);
    const auto* const capacity = order.arguments.find<Capacity>("capacity");
    const auto* const notices = order.arguments.find<control::DaysOverride>("notice_days");
    return Mailbox{.id = InboxId::make(now),
                   .address = address,
                   .customer = owner.customer.id,
                   .shell = owner.shell ? std::optional(owner.shell->id) : std::nullopt,
                   .host_name = std::move(*host_name),
                   .capacity = capacity != nullptr ? *capacity : plan.capacity,
                   .validity = *validity,
                   .grace_days = wanted_number(order, "grace_days", std::nullopt),
                   .notice_days = notices != nullptr ? notices->own : std::nullopt,
                   .messages_per_hour = wanted_number(order, "messages_per_hour", std::nullopt),
                   .messages_per_day = wanted_number(order, "messages_per_day", std::nullopt),
                   .language = wanted_language(order, owner.customer.language),
                   .standing = Standing::active,
                   .created = now};
}

Result<Plan> plan_of_new(Office& office, const Mailbox& mailbox, const Owner& owner)
{
    auto record = record_of(office, mailbox);
    if (!record) return pass(record);
    Plan plan{.subject = mailbox.address.text(), .steps = {}, .after = std::move(*record)};
    if (owner.shell && !mailbox.validity)
        plan.add("add free mailbox {} of shell account {}: {}, valid without end", mailbox.address.show(),
                 owner.shell->login, show(mailbox.capacity));
    else if (owner.shell)
        plan.add("add free mailbox {} of shell account {}: {}, valid until {}", mailbox.address.show(),
                 owner.shell->login, show(mailbox.capacity), show_end(mailbox.validity));
    else
        plan.add("add paid mailbox {} of customer {}: {}, valid until {}", mailbox.address.show(),
                 owner.customer.name, show(mailbox.capacity), show_end(mailbox.validity));
    return plan;
}

asio::awaitable<Result<Json>> furnish_mailbox(Order& order, Mailbox mailbox, Plan plan)
{
    auto& office = order.office;
    const auto place = place_of(mailbox);
    const auto add_row = [&](directory::Changes& changes) { return changes.add(mailbox); };
    if (order.mode != Mode::real) {
        auto added = commit(order, plan, add_row);
        if (added) order.furnishings->places.push_back(place);
        auto hash = order.arguments.take_secret("password_hash");
        if (added && !hash.empty()) order.furnishings->hashes.push_back({mailbox.id, std::move(hash)});
        co_return added;
    }
    auto password = order.arguments.take_secret("password");
    if (!password.empty()) {
        const auto keyed = co_await office.keys.set_password(mailbox.id, std::move(password));
        if (!keyed) co_return pass(keyed);
    }
    const auto tree = co_await office.trees.make(place);
    Result<Json> added = tree ? commit(order, plan, add_row) : Result<Json>(pass(tree));
    if (!added) co_await take_back(office, place);
    co_return added;
}

asio::awaitable<Result<void>> check_capacity(Order& order, const Mailbox& before, Capacity capacity)
{
    auto& office = order.office;
    if (before.capacity == capacity) co_return Result<void>();
    const bool forced = order.arguments.flag("force");
    const auto usage = co_await office.trees.usage(place_of(before));
    if (!usage) co_return pass(usage);
    const auto holds = policy::may_set_capacity(before.address, capacity, usage->used, asker_of(order));
    if (!holds && !forced) co_return holds;
    const bool shrinks = capacity && (!before.capacity || *capacity < *before.capacity);
    if (!before.shell || shrinks) co_return Result<void>();
    const auto shell = office.registry.shell_account(*before.shell);
    if (!shell) co_return pass(shell);
    if (!*shell) co_return Result<void>();
    const Promise promise{.capacity = capacity, .changed = before.id};
    auto fits = co_await check_disk_limit(office, **shell, promise, asker_of(order));
    co_return fits;
}

Result<Json> rename_mailbox(Order& order, const Mailbox& before, const Address& to, OldAddress old, MadeBy by)
{
    auto& office = order.office;
    auto after = before;
    after.address = to;
    Plan plan{.subject = before.address.text(), .steps = {}};
    if (to == before.address) return commit(order, plan, {});
    const auto host = office.registry.host_domain();
    if (!host) return pass(host);
    if (*host && to.domain() == (*host)->name) after.host_name = to.local();
    plan.add("{} becomes {}", before.address.show(), to.show());
    if (old == OldAddress::stays_as_alias) plan.add("{} stays as an alias of it", before.address.show());
    const auto recorded = record_change(plan, office, before, after);
    if (!recorded) return pass(recorded);
    const auto customer = find_customer(office, before.customer);
    if (!customer) return pass(customer);
    const auto now = office.clock.now();
    const auto quarantine = std::chrono::days(office.settings.plan(customer->plan).quarantine_days);
    return commit(order, plan, [&](directory::Changes& changes) {
        auto done = changes.set(after);
        if (done && after.host_name != before.host_name)
            done = free_host_name(office, changes, before.host_name, before.customer);
        if (!done) return done;
        if (old == OldAddress::stays_as_alias)
            return changes.add(
                Alias{.address = before.address, .inbox = before.id, .made_by = by, .created = now});
        return changes.add(
            Quarantine{.address = before.address, .customer = before.customer, .until = now + quarantine});
    });
}

} // namespace metka::metkad
