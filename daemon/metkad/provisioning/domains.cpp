#include <algorithm>
#include <array>

#include "core/policy/provisioning.h"
#include "daemon/metkad/provisioning/change.h"
#include "daemon/metkad/provisioning/operator.h"
#include "daemon/metkad/provisioning/removals.h"
#include "daemon/metkad/provisioning/spaces.h"
#include "daemon/metkad/provisioning/verbs.h"

namespace metka::metkad {

namespace {

std::string proof_of(const Domain& domain)
{
    return fmt::format("_metka.{} TXT {}", domain.name.text(), domain.token);
}

DomainState state_of_new(DomainKind kind, const control::Arguments& arguments)
{
    const bool proven = kind == DomainKind::local || arguments.flag("owned");
    return proven ? DomainState::active : DomainState::pending;
}

// Only an administrator's --owned, or the proof in DNS, leads out of `pending`.
Result<DomainState> wanted_state(const Order& order, const Domain& domain)
{
    const bool owned = order.arguments.flag("owned");
    if (domain.state == DomainState::pending && owned) return DomainState::active;
    const auto now = domain.state == DomainState::suspended ? Standing::suspended : Standing::active;
    const auto wanted = wanted_standing(order, now);
    if (domain.state != DomainState::pending)
        return wanted == Standing::suspended ? DomainState::suspended : DomainState::active;
    if (!order.arguments.has("state") && order.verb.verb == "set") return domain.state;
    return fail(Fault::conflict,
                "{0} is pending: `metkactl domain prove {0}` asks DNS for its owner's proof “{1}”; or say "
                "`metkactl domain set {0} --owned` to do without",
                domain.name.show(), proof_of(domain));
}

std::string show_protection(const Domain& domain)
{
    return domain.protects_sender ? "on" : "off";
}

std::string wanted_protection(const Order& order, std::string now)
{
    const auto* const wanted = order.arguments.find<std::string>("protect_sender");
    return wanted != nullptr ? *wanted : now;
}

Result<Domain> domain_wanted(const Order& order, const Customer& customer)
{
    auto& office = order.office;
    const auto& wanted = order.arguments.get<DomainName>("domain");
    const auto kind =
        policy::kind_of_new_domain(wanted, {.host = office.settings.operator_domain,
                                            .local_zones = office.settings.operator_local_zones});
    if (!kind) return fail_field("domain", kind.error());
    const auto there = office.registry.domain(wanted);
    if (!there) return pass(there);
    if (*there)
        return fail(Fault::conflict, "there is a domain {0} already; `metkactl domain show {0}` shows it",
                    wanted.show());
    const auto now = office.clock.now();
    return Domain{.id = DomainId::make(now),
                  .name = wanted,
                  .customer = customer.id,
                  .kind = *kind,
                  .state = state_of_new(*kind, order.arguments),
                  .token = "metka-" + Id::make(now).hex(),
                  .free_mailboxes = wanted_number(order, "free_mailboxes", std::nullopt),
                  .protects_sender = wanted_protection(order, "off") == "on",
                  .created = now};
}

// The host domain is nobody's: metka.yaml says which it is.
Result<Domain> customers_domain(const Order& order)
{
    auto domain = find_domain(order.office, order.arguments.get<DomainName>("domain"));
    if (domain && domain->kind == DomainKind::host)
        return fail_field(
            "domain",
            {Fault::conflict, fmt::format("{} is the operator's host domain and belongs to no customer; "
                                          "operator.domain in metka.yaml says which it is",
                                          domain->name.show())});
    return domain;
}

// Of the host domain nothing but the protection of its senders is changed here.
Result<Domain> domain_to_change(const Order& order)
{
    const auto is_wanted = [&](const char* name) { return order.arguments.has(name); };
    const bool more = order.verb.verb != "set" ||
                      std::ranges::any_of(std::array{"state", "owned", "free_mailboxes"}, is_wanted);
    return more ? customers_domain(order)
                : find_domain(order.office, order.arguments.get<DomainName>("domain"));
}

} // namespace

Result<Json> activate(Order& order, Plan plan, const Work& work)
{
    auto answer = commit(order, plan, work);
    if (!answer || order.is_dry_run() || !order.is_change || order.mode != Mode::real) return answer;
    const auto written = order.office.write_zones();
    if (written) return answer;
    plan.add("the zone snippets could not be written: {}", written.error().text);
    return answer_to(order, plan);
}

asio::awaitable<Result<Json>> domain_add(Order& order)
{
    auto& office = order.office;
    const auto customer = find_customer(office, order.arguments.get<std::string>("customer"));
    if (!customer) co_return pass(customer);
    const auto domain = domain_wanted(order, *customer);
    if (!domain) co_return pass(domain);
    auto record = record_of(office, *domain);
    if (!record) co_return pass(record);
    Plan plan{.subject = domain->name.text(), .steps = {}, .after = std::move(*record)};
    plan.add("add {} domain {} of customer {}, {}", name(domain->kind), domain->name.show(), customer->name,
             name(domain->state));
    if (domain->state == DomainState::pending && !order.is_dry_run())
        plan.add("its owner proves it by the DNS record: {}", proof_of(*domain));
    if (domain->state == DomainState::active) {
        const auto somebody_reads = co_await ensure_operator_inbox(order, plan, domain->name);
        if (!somebody_reads) co_return pass(somebody_reads);
    }
    co_return activate(order, std::move(plan),
                       [&](directory::Changes& changes) { return changes.add(*domain); });
}

Result<Json> domain_list(Order& order)
{
    const auto* const named = order.arguments.find<std::string>("customer");
    const auto* const state = order.arguments.find<std::string>("state");
    std::optional<CustomerId> of;
    if (named != nullptr) {
        const auto customer = find_customer(order.office, *named);
        if (!customer) return pass(customer);
        of = customer->id;
    }
    return list_of(order.office, of ? order.office.registry.domains_of(*of) : order.office.registry.domains(),
                   [&](const Domain& each) { return state == nullptr || name(each.state) == *state; });
}

Result<Json> domain_show(Order& order)
{
    auto& office = order.office;
    const auto domain = find_domain(office, order.arguments.get<DomainName>("domain"));
    if (!domain) return pass(domain);
    const auto mailboxes = office.registry.mailboxes_at(domain->id);
    if (!mailboxes) return pass(mailboxes);
    const auto aliases = office.registry.aliases_at(domain->id);
    if (!aliases) return pass(aliases);
    const auto most = most_free_mailboxes(office, *domain);
    if (!most) return pass(most);
    const auto free =
        std::ranges::count_if(*mailboxes, [](const Mailbox& each) { return each.shell.has_value(); });
    auto card = record_of(office, *domain);
    if (!card) return pass(card);
    card->push_back({"proof", domain->state == DomainState::pending ? Json(proof_of(*domain)) : Json()});
    card->push_back({"mailboxes", Json::count(mailboxes->size())});
    card->push_back({"free_mailboxes", Json::count(static_cast<std::uint64_t>(free))});
    card->push_back({"most_free_mailboxes", Json::count(*most)});
    card->push_back({"aliases", Json::count(aliases->size())});
    card->push_back({"created", show_instant(domain->created)});
    return Json(std::move(*card));
}

// set, suspend and resume
asio::awaitable<Result<Json>> domain_set(Order& order)
{
    auto& office = order.office;
    if (order.verb.verb == "set") {
        const auto something = refuse_empty(order);
        if (!something) co_return pass(something);
    }
    const auto before = domain_to_change(order);
    if (!before) co_return pass(before);
    const auto state = wanted_state(order, *before);
    if (!state) co_return pass(state);
    const auto most = most_free_mailboxes(office, *before);
    if (!most) co_return pass(most);
    auto after = *before;
    after.state = *state;
    after.free_mailboxes = wanted_number(order, "free_mailboxes", before->free_mailboxes);
    after.protects_sender = wanted_protection(order, show_protection(*before)) == "on";
    Plan plan{.subject = before->name.text(), .steps = {}};
    plan_change(plan, "state", std::string(name(before->state)), std::string(name(after.state)));
    plan_change(plan, "free mailboxes", show_override(before->free_mailboxes, *most),
                show_override(after.free_mailboxes, *most));
    plan_change(plan, "protection of its senders", show_protection(*before), show_protection(after));
    if (before->state == DomainState::pending && after.state == DomainState::active) {
        const auto somebody_reads = co_await ensure_operator_inbox(order, plan, after.name);
        if (!somebody_reads) co_return pass(somebody_reads);
    }
    const auto recorded = record_change(plan, office, *before, after);
    if (!recorded) co_return pass(recorded);
    co_return activate(order, std::move(plan),
                       [&](directory::Changes& changes) { return changes.set(after); });
}

asio::awaitable<Result<Json>> domain_remove(Order& order)
{
    const auto domain = customers_domain(order);
    if (!domain) co_return pass(domain);
    Removal removal(order, domain->name.text());
    const auto taken = removal.take(*domain);
    if (!taken) co_return pass(taken);
    auto answer = co_await removal.carry_out();
    co_return answer;
}

} // namespace metka::metkad
