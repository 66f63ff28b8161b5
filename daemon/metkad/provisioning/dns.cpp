#include "core/policy/ownership.h"
#include "daemon/metkad/provisioning/operator.h"
#include "daemon/metkad/provisioning/verbs.h"

namespace metka::metkad {

namespace {

using control::JsonArray;
using control::JsonObject;

std::vector<policy::WantedRecord> wanted_for(const Office& office, const Domain& domain)
{
    return policy::records_for(domain, office.settings.operator_host);
}

Phrase step_of(policy::Proof proof, const Office& office, const Domain& domain)
{
    if (proof == policy::Proof::txt)
        return phrase("its owner has proven it by the TXT record _metka.{}", domain.name.text());
    return phrase("its owner has proven it by an MX record that names {}", office.settings.operator_host);
}

std::unexpected<Error> unproven(const Office& office, const Domain& domain, const policy::ProofFacts& facts)
{
    if (facts.was_anothers)
        return fail(
            Fault::conflict,
            "{0} was another customer's here before, so only the TXT record “_metka.{1}” with “{2}” proves "
            "it, and DNS does not have that; publish it and try again, or say `metkactl domain set {0} "
            "--owned`",
            domain.name.show(), domain.name.text(), facts.token);
    return fail(
        Fault::conflict,
        "{0} is not proven: DNS has neither the TXT record “_metka.{1}” with “{2}” nor an MX record of "
        "{1} that names {3}; publish one of them and try again, or say `metkactl domain set {0} --owned`",
        domain.name.show(), domain.name.text(), facts.token, office.settings.operator_host);
}

} // namespace

// DNS is asked before it is anybody's turn to write: it may take seconds. What the answer decides is looked
// at again afterwards.
asio::awaitable<Result<Json>> domain_prove(Order& order)
{
    auto& office = order.office;
    const auto& named = order.arguments.get<DomainName>("domain");
    const auto known = find_domain(office, named);
    if (!known) co_return pass(known);
    const auto records = co_await office.resolver.ask(named);
    const auto turn = co_await order.writers->enter();
    const auto domain = find_domain(office, named);
    if (!domain) co_return pass(domain);
    Plan plan{.subject = domain->name.text(), .steps = {}};
    if (domain->state != DomainState::pending) co_return answer_to(order, plan);
    if (!records) co_return pass(records);
    const auto was_anothers = office.registry.was_anothers(domain->name, domain->customer);
    if (!was_anothers) co_return pass(was_anothers);
    const policy::ProofFacts facts{
        .host = office.settings.operator_host, .token = domain->token, .was_anothers = *was_anothers};
    const auto proof = policy::proof_in(*records, facts);
    if (!proof) co_return unproven(office, *domain, facts);
    auto after = *domain;
    after.state = DomainState::active;
    plan.steps.push_back(step_of(*proof, office, *domain));
    plan_change(plan, "state", std::string(name(domain->state)), std::string(name(after.state)));
    const auto somebody_reads = co_await ensure_operator_inbox(order, plan, after.name);
    if (!somebody_reads) co_return pass(somebody_reads);
    const auto recorded = record_change(plan, office, *domain, after);
    if (!recorded) co_return pass(recorded);
    co_return activate(order, std::move(plan),
                       [&](directory::Changes& changes) { return changes.set(after); });
}

asio::awaitable<Result<Json>> domain_dns(Order& order)
{
    const auto domain = find_domain(order.office, order.arguments.get<DomainName>("domain"));
    if (!domain) co_return pass(domain);
    JsonArray rows;
    for (const auto& each : wanted_for(order.office, *domain))
        rows.emplace_back(JsonObject{
            {"name", each.name}, {"type", each.type}, {"value", each.value}, {"purpose", each.purpose}});
    co_return Json(std::move(rows));
}

asio::awaitable<Result<Json>> domain_check(Order& order)
{
    const auto domain = find_domain(order.office, order.arguments.get<DomainName>("domain"));
    if (!domain) co_return pass(domain);
    const auto records = co_await order.office.resolver.ask(domain->name);
    if (!records) co_return pass(records);
    JsonArray rows;
    for (const auto& each : policy::compare(wanted_for(order.office, *domain), *records))
        rows.emplace_back(JsonObject{{"name", each.wanted.name},
                                     {"type", each.wanted.type},
                                     {"wanted", each.wanted.value},
                                     {"found", each.found.empty() ? Json() : Json(each.found)},
                                     {"verdict", name(each.verdict)}});
    co_return Json(std::move(rows));
}

} // namespace metka::metkad
