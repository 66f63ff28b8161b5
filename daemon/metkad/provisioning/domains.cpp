#include <algorithm>

#include "core/policy/provisioning.h"
#include "daemon/metkad/provisioning/change.h"
#include "daemon/metkad/provisioning/verbs.h"

namespace metka::metkad {

namespace {

std::string proof_of(const Domain& domain)
{
    return fmt::format("_metka.{} TXT {}", domain.name.text(), domain.token);
}

Result<std::vector<Mailbox>> mailboxes_in(Office& office, const DomainName& name)
{
    auto mailboxes = office.registry.mailboxes();
    if (mailboxes)
        std::erase_if(*mailboxes, [&](const Mailbox& each) { return each.address.domain() != name; });
    return mailboxes;
}

Result<std::vector<Alias>> aliases_in(Office& office, const DomainName& name)
{
    auto aliases = office.registry.aliases();
    if (aliases) std::erase_if(*aliases, [&](const Alias& each) { return each.address.domain() != name; });
    return aliases;
}

// What would lose its ground without the domain.
Result<std::vector<std::string>> owned_by(Office& office, const Domain& domain)
{
    std::vector<std::string> owned;
    const auto mailboxes = mailboxes_in(office, domain.name);
    if (!mailboxes) return pass(mailboxes);
    for (const auto& mailbox : *mailboxes)
        owned.push_back("mailbox " + mailbox.address.show());
    const auto aliases = aliases_in(office, domain.name);
    if (!aliases) return pass(aliases);
    for (const auto& alias : *aliases)
        owned.push_back("alias " + alias.address.show());
    const auto shells = office.registry.shell_accounts();
    if (!shells) return pass(shells);
    for (const auto& shell : *shells)
        if (shell.free_domain == domain.id)
            owned.push_back("the free mailboxes' place of shell account " + shell.login);
    return owned;
}

DomainState state_of_new(DomainKind kind, const control::Arguments& arguments)
{
    const bool proven = kind == DomainKind::local || arguments.flag("owned");
    return proven ? DomainState::active : DomainState::pending;
}

// Only an administrator's --owned, or the proof in DNS, leads out of `pending`.
Result<DomainState> wanted_state(const Order& order, const Domain& domain)
{
    const auto* const state = order.arguments.find<std::string>("state");
    const bool owned = order.arguments.flag("owned");
    if (domain.state == DomainState::pending && !owned)
        return fail(Fault::conflict,
                    "{} is pending: its owner proves it by the DNS record “{}”, or say --owned to do without",
                    domain.name.show(), proof_of(domain));
    if (state == nullptr) return domain.state == DomainState::pending ? DomainState::active : domain.state;
    return *state == name(DomainState::suspended) ? DomainState::suspended : DomainState::active;
}

} // namespace

Result<Json> domain_add(Order& order)
{
    auto& office = order.office;
    const auto& wanted = order.arguments.get<DomainName>("domain");
    const auto there = office.registry.domain(wanted);
    if (!there) return pass(there);
    if (*there)
        return fail(Fault::conflict, "there is a domain {0} already; `metkactl domain show {0}` shows it",
                    wanted.show());
    const auto kind =
        policy::kind_of_new_domain(wanted, {.host = office.settings.operator_domain,
                                            .local_zones = office.settings.operator_local_zones});
    if (!kind) return fail_field("domain", kind.error());
    const auto customer = find_customer(office, order.arguments.get<std::string>("customer"));
    if (!customer) return pass(customer);
    const auto now = office.clock.now();
    const Domain domain{.id = DomainId::make(now),
                        .name = wanted,
                        .customer = customer->id,
                        .kind = *kind,
                        .state = state_of_new(*kind, order.arguments),
                        .token = "metka-" + Id::make(now).hex(),
                        .created = now};
    auto record = record_of(office, domain);
    if (!record) return pass(record);
    Plan plan{.subject = wanted.text(),
              .steps = {fmt::format("add {} domain {} of customer {}, {}", name(domain.kind), wanted.show(),
                                    customer->name, name(domain.state))},
              .after = std::move(*record)};
    if (domain.state == DomainState::pending && !order.is_dry_run())
        plan.steps.push_back(fmt::format("its owner proves it by the DNS record: {}", proof_of(domain)));
    return commit(order, plan, [&](directory::Changes& changes) { return changes.add(domain); });
}

Result<Json> domain_list(Order& order)
{
    const auto domains = order.office.registry.domains();
    if (!domains) return pass(domains);
    const auto* const customer = order.arguments.find<std::string>("customer");
    control::JsonArray rows;
    for (const auto& domain : *domains) {
        auto record = record_of(order.office, domain);
        if (!record) return pass(record);
        Json row(std::move(*record));
        if (customer == nullptr || *row.member("customer") == Json(*customer)) rows.push_back(std::move(row));
    }
    return Json(std::move(rows));
}

Result<Json> domain_show(Order& order)
{
    auto& office = order.office;
    const auto domain = find_domain(office, order.arguments.get<DomainName>("domain"));
    if (!domain) return pass(domain);
    const auto mailboxes = mailboxes_in(office, domain->name);
    if (!mailboxes) return pass(mailboxes);
    const auto aliases = aliases_in(office, domain->name);
    if (!aliases) return pass(aliases);
    auto card = record_of(office, *domain);
    if (!card) return pass(card);
    card->push_back({"proof", domain->state == DomainState::pending ? Json(proof_of(*domain)) : Json()});
    card->push_back({"mailboxes", Json::count(mailboxes->size())});
    card->push_back({"aliases", Json::count(aliases->size())});
    card->push_back({"created", show_instant(domain->created)});
    return Json(std::move(*card));
}

Result<Json> domain_set(Order& order)
{
    const auto something = refuse_empty(order);
    if (!something) return pass(something);
    const auto before = find_domain(order.office, order.arguments.get<DomainName>("domain"));
    if (!before) return pass(before);
    const auto state = wanted_state(order, *before);
    if (!state) return pass(state);
    auto after = *before;
    after.state = *state;
    Plan plan{.subject = before->name.text(), .steps = {}};
    plan_change(plan, "state", std::string(name(before->state)), std::string(name(after.state)));
    const auto recorded = record_change(plan, order.office, *before, after);
    if (!recorded) return pass(recorded);
    return commit(order, plan, [&](directory::Changes& changes) { return changes.set(after); });
}

Result<Json> domain_remove(Order& order)
{
    const auto domain = find_domain(order.office, order.arguments.get<DomainName>("domain"));
    if (!domain) return pass(domain);
    const auto owned = owned_by(order.office, *domain);
    if (!owned) return pass(owned);
    const auto free = policy::may_remove("domain " + domain->name.show(), *owned);
    if (!free) return pass(free);
    auto record = record_of(order.office, *domain);
    if (!record) return pass(record);
    const Plan plan{.subject = domain->name.text(),
                    .steps = {fmt::format("remove domain {}", domain->name.show())},
                    .before = std::move(*record)};
    return commit(order, plan, [&](directory::Changes& changes) { return changes.remove(domain->id); });
}

} // namespace metka::metkad
