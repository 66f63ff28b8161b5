#include "daemon/metkad/provisioning/spaces.h"

#include <algorithm>

namespace metka::metkad {

namespace {

Bytes sum(Bytes one, Bytes other)
{
    return {other.count > UINT64_MAX - one.count ? UINT64_MAX : one.count + other.count};
}

Result<settings::Plan> plan_of(Office& office, const CustomerId& id)
{
    const auto customer = find_customer(office, id);
    if (!customer) return pass(customer);
    return office.settings.plan(customer->plan);
}

} // namespace

Bytes SpaceUse::all() const
{
    return sum(sum(home, inbox.used), boxes);
}

Result<Numbers> numbers_of(Office& office, const ShellAccount& shell)
{
    const auto plan = plan_of(office, shell.customer);
    if (!plan) return pass(plan);
    return Numbers{.most_in_shell = shell.free_mailboxes.value_or(plan->free_mailboxes_per_shell),
                   .most_aliases = shell.self_service_aliases.value_or(plan->self_service_aliases),
                   .messages_per_hour = shell.messages_per_hour.value_or(plan->messages_per_hour),
                   .messages_per_day = shell.messages_per_day.value_or(plan->messages_per_day)};
}

Result<std::uint64_t> most_free_mailboxes(Office& office, const Domain& domain)
{
    if (domain.free_mailboxes) return *domain.free_mailboxes;
    if (domain.kind == DomainKind::host) return 0; // a mailbox of it is always paid
    const auto plan = plan_of(office, domain.customer);
    if (!plan) return pass(plan);
    return plan->free_mailboxes_per_domain;
}

Result<Sums> sums_of(Office& office, const Customer& customer)
{
    const auto shells = office.registry.shell_accounts_of(customer.id);
    if (!shells) return pass(shells);
    const auto domains = office.registry.domains_of(customer.id);
    if (!domains) return pass(domains);
    const auto plan = office.settings.plan(customer.plan);
    Sums sums;
    for (const auto& shell : *shells)
        sums.of_shells += shell.free_mailboxes.value_or(plan.free_mailboxes_per_shell);
    for (const auto& domain : *domains)
        sums.of_domains += domain.free_mailboxes.value_or(plan.free_mailboxes_per_domain);
    return sums;
}

Result<policy::FreeMailboxFacts> free_mailbox_facts(Office& office, const ShellAccount& shell,
                                                    const Address& address)
{
    const auto customer = find_customer(office, shell.customer);
    if (!customer) return pass(customer);
    const auto free_domain = domain_name(office, shell.free_domain);
    if (!free_domain) return pass(free_domain);
    const auto domain = find_domain(office, address.domain());
    if (!domain) return pass(domain);
    const auto counts = office.registry.free_counts(shell.id, domain->id, shell.customer);
    if (!counts) return pass(counts);
    const auto plan = office.settings.plan(customer->plan);
    const auto sums = sums_of(office, *customer);
    if (!sums) return pass(sums);
    return policy::FreeMailboxFacts{
        .address = address,
        .login = shell.login,
        .free_domain = *free_domain,
        .in_shell = counts->in_shell,
        .in_domain = counts->in_domain,
        .of_customer = counts->of_customer,
        .most_in_shell = shell.free_mailboxes.value_or(plan.free_mailboxes_per_shell),
        .most_in_domain = domain->free_mailboxes.value_or(plan.free_mailboxes_per_domain),
        .sum_of_shells = sums->of_shells,
        .sum_of_domains = sums->of_domains};
}

Result<std::uint64_t> self_service_aliases(Office& office, const ShellAccount& shell)
{
    auto count = office.registry.aliases_by(shell.id, MadeBy::self_service);
    if (!count) return count;
    const auto mailboxes = office.registry.mailboxes_in(shell.id);
    if (!mailboxes) return pass(mailboxes);
    for (const auto& mailbox : *mailboxes) {
        const auto left_behind = office.registry.aliases_by(mailbox.id, MadeBy::self_service);
        if (!left_behind) return left_behind;
        *count += *left_behind;
    }
    return count;
}

asio::awaitable<Result<SpaceUse>> use_of(Office& office, const ShellAccount& shell)
{
    const auto space = office.registry.space(shell.id);
    if (!space) co_return pass(space);
    SpaceUse use;
    if (*space) use.home = (*space)->home;
    const auto inbox = co_await office.trees.usage(place_of(shell));
    if (!inbox) co_return pass(inbox);
    use.inbox = *inbox;
    if (!*space) co_return use;
    auto boxes = (*space)->boxes;
    boxes.insert(boxes.end(), (*space)->removed.begin(), (*space)->removed.end());
    for (const auto& box : boxes) {
        maildir::InboxPlace place{
            .inbox = box, .inbox_kind = directory::InboxKind::mailbox, .shell = shell.id};
        const auto used = co_await office.trees.usage(place);
        if (used) use.boxes = sum(use.boxes, used->used); // a removed one may have gone already
    }
    co_return use;
}

asio::awaitable<Result<void>> check_disk_limit(Office& office, const ShellAccount& shell,
                                               std::optional<Promise> promise, policy::Asker asker)
{
    const auto mailboxes = office.registry.mailboxes_in(shell.id);
    if (!mailboxes) co_return pass(mailboxes);
    const auto space = office.registry.space(shell.id);
    if (!space) co_return pass(space);
    const auto usage = co_await office.trees.usage(place_of(shell));
    if (!usage) co_return pass(usage);
    const auto home = *space ? (*space)->home : Bytes{};
    policy::DiskFacts facts{.login = shell.login,
                            .limit = shell.disk_limit,
                            .used = sum(home, usage->used),
                            .promised = {},
                            .asker = asker};
    for (const auto& mailbox : *mailboxes)
        if (!promise || mailbox.id != promise->changed) facts.promised.push_back(mailbox.capacity);
    if (promise) facts.promised.push_back(promise->capacity);
    co_return policy::fits_disk_limit(facts);
}

asio::awaitable<Result<HomeMeasure>> measure_home(Office& office, Turnstile& writers, ShellAccount shell)
{
    const auto user = office.unix_accounts.find(shell.login);
    if (!user) co_return pass(user);
    if (!*user || (*user)->uid != shell.uid)
        co_return fail(Fault::conflict,
                       "shell account {} has uid {}, and there is no Unix user {} of that uid", shell.login,
                       shell.uid, shell.login);
    auto measured = co_await office.unix_accounts.measure_home(**user);
    if (!measured) co_return measured;
    const auto turn = co_await writers.enter(); // not into anybody's batch, which may be dropped
    const auto noted = office.registry.note_home(shell.id, measured->used, office.clock.now());
    if (!noted) co_return pass(noted);
    co_return measured;
}

} // namespace metka::metkad
