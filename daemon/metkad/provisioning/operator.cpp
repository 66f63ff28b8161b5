#include "daemon/metkad/provisioning/operator.h"

#include "daemon/metkad/provisioning/mailboxes.h"

namespace metka::metkad {

namespace {

constexpr std::string_view operator_customer = "operator";

Result<Customer> customer_of_operator(Order& order, const Address& contact)
{
    auto& office = order.office;
    const auto there = office.registry.customer(operator_customer);
    if (!there) return pass(there);
    if (*there) return **there;
    const auto now = office.clock.now();
    Customer customer{.id = CustomerId::make(now),
                      .name = std::string(operator_customer),
                      .title = "Operator",
                      .contact = contact.text(),
                      .language = office.settings.operator_language,
                      .standing = Standing::active,
                      .created = now};
    Plan plan{.subject = customer.name, .steps = {}};
    plan.add("add customer {}", customer.name);
    const auto added =
        commit(order, plan, [&](directory::Changes& changes) { return changes.add(customer); });
    if (!added) return pass(added);
    return customer;
}

asio::awaitable<Result<void>> make_inbox(Order& order, Address address)
{
    const auto customer = customer_of_operator(order, address);
    if (!customer) co_return pass(customer);
    const auto now = order.office.clock.now();
    const Mailbox mailbox{.id = InboxId::make(now),
                          .address = address,
                          .customer = customer->id,
                          .host_name = address.local(),
                          .capacity = std::nullopt,
                          .language = customer->language,
                          .standing = Standing::active,
                          .created = now};
    Plan plan{.subject = address.text(), .steps = {}};
    plan.add("add mailbox {}", address.show());
    const auto made = co_await furnish_mailbox(order, mailbox, plan);
    if (!made) co_return pass(made);
    co_return Result<void>();
}

} // namespace

asio::awaitable<Result<void>> ensure_operator_inbox(Order& order, Plan& plan, DomainName activated)
{
    auto& office = order.office;
    const auto& inbox = office.settings.operator_inbox;
    if (!inbox)
        co_return fail(
            Fault::conflict,
            "nobody would read mail for postmaster@{}: set operator.domain or operator.inbox in metka.yaml",
            activated.show());
    const auto there = office.registry.login(inbox->text());
    if (!there) co_return pass(there);
    if (*there) co_return Result<void>();
    const auto host = office.registry.host_domain();
    if (!host) co_return pass(host);
    const bool in_host_domain = *host && inbox->domain() == (*host)->name;
    if (inbox->domain() == activated) {
        plan.add("now add {}: mail for postmaster and abuse goes there (operator.inbox)", inbox->show());
        co_return Result<void>();
    }
    if (!in_host_domain)
        co_return fail(
            Fault::conflict,
            "operator.inbox in metka.yaml names {}, which is not there, so nobody would read mail for "
            "postmaster@{}; add that mailbox first",
            inbox->show(), activated.show());
    plan.add(
        "add {} for mail to postmaster and abuse; `metkactl mailbox set {} --generate` gives it a password",
        inbox->show(), inbox->show());
    if (order.is_dry_run()) co_return Result<void>();
    auto made = co_await make_inbox(order, *inbox);
    co_return made;
}

Result<void> check_host_domain(directory::Registry& registry, const settings::Settings& settings)
{
    if (!settings.operator_domain) return {};
    const auto clash = registry.domain(*settings.operator_domain);
    if (!clash) return pass(clash);
    if (*clash && (*clash)->kind != DomainKind::host)
        return fail_field("operator.domain",
                          {Fault::conflict,
                           fmt::format("{} is the domain of a customer; remove it there, or choose another",
                                       settings.operator_domain->show())});
    return {};
}

namespace {

directory::AuditEntry host_domain_entry(const DomainName& name, Instant now)
{
    return {.at = now,
            .actor_uid = 0,
            .actor = "metkad",
            .acting_as = {},
            .verb = "operator.domain",
            .subject = name.text(),
            .before = {},
            .after = {}};
}

// A switch that brought it may be taken back; what has addresses by then stays.
Result<void> end_host_domain(directory::Registry& registry, const std::optional<Domain>& host, Instant now)
{
    if (!host) return {};
    const auto mailboxes = registry.mailboxes_at(host->id);
    if (!mailboxes) return pass(mailboxes);
    const auto aliases = registry.aliases_at(host->id);
    if (!aliases) return pass(aliases);
    if (!mailboxes->empty() || !aliases->empty()) return {};
    auto entry = host_domain_entry(host->name, now);
    return registry.change(entry, [&](directory::Changes& changes) { return changes.remove(host->id); });
}

} // namespace

Result<void> settle_host_domain(directory::Registry& registry, const settings::Settings& settings,
                                Instant now)
{
    auto host = registry.host_domain();
    if (!host) return pass(host);
    if (!settings.operator_domain) return end_host_domain(registry, *host, now);
    if (*host && (*host)->name == *settings.operator_domain) return {};
    const auto free = check_host_domain(registry, settings);
    if (!free) return free;
    auto entry = host_domain_entry(*settings.operator_domain, now);
    return registry.change(entry, [&](directory::Changes& changes) {
        auto domain = *host ? **host
                            : Domain{.id = DomainId::make(now),
                                     .name = *settings.operator_domain,
                                     .customer = {},
                                     .kind = DomainKind::host,
                                     .state = DomainState::active,
                                     .token = {},
                                     .created = now};
        domain.name = *settings.operator_domain;
        return *host ? changes.set(domain) : changes.add(domain);
    });
}

} // namespace metka::metkad
