#include "daemon/metkad/provisioning/removals.h"

#include <algorithm>

#include "core/policy/provisioning.h"
#include "daemon/metkad/provisioning/ends.h"
#include "daemon/metkad/provisioning/moves.h"

namespace metka::metkad {

template <class Object>
Result<void> Removal::take_owner(const Object& object, const std::string& named)
{
    auto record = record_of(order_.office, object);
    if (!record) return pass(record);
    plan_.before = std::move(*record);
    const auto gathered = gather(object);
    if (!gathered) return gathered;
    if (!order_.arguments.flag("recursive")) {
        const auto free = policy::may_remove(named, owned_);
        if (!free) return free;
    }
    plan_.add("remove {}", named);
    for (const auto& each : owned_)
        plan_.add("remove {}", each);
    return {};
}

Result<void> Removal::take(const Customer& customer)
{
    return take_owner(customer, "customer " + customer.name);
}

Result<void> Removal::take(const Domain& domain)
{
    return take_owner(domain, "domain " + domain.name.show());
}

Result<void> Removal::take(const ShellAccount& shell)
{
    return take_owner(shell, "shell account " + shell.login);
}

Result<void> Removal::take(const Mailbox& mailbox)
{
    auto record = record_of(order_.office, mailbox);
    if (!record) return pass(record);
    plan_.before = std::move(*record);
    const auto gathered = gather(mailbox, Covered::no);
    if (!gathered) return gathered;
    plan_.add("remove mailbox {}", mailbox.address.show());
    for (const auto& [alias, customer] : aliases_)
        plan_.add("remove alias {}", alias.address.show());
    const auto days =
        (graves_.back().removed.purge_after - graves_.back().removed.removed) / std::chrono::days(1);
    if (mail_ == Mail::keeps_its_grace && days > 0)
        plan_.add("its mail is kept; days until it is deleted: {}", days);
    return {};
}

Result<void> Removal::take(const Alias& alias)
{
    auto record = record_of(order_.office, alias);
    if (!record) return pass(record);
    plan_.before = std::move(*record);
    const auto domain = find_domain(order_.office, alias.address.domain());
    if (!domain) return pass(domain);
    auto customer = domain->customer;
    if (domain->kind == DomainKind::host) {
        const auto owner = customer_of(order_.office, alias.inbox);
        if (!owner) return pass(owner);
        customer = *owner;
    }
    const auto gathered = gather(alias, customer);
    if (!gathered) return gathered;
    plan_.add("remove alias {}", alias.address.show());
    return {};
}

Result<void> Removal::gather(const Customer& customer)
{
    auto& registry = order_.office.registry;
    customer_ = customer.id;
    const auto shells = registry.shell_accounts_of(customer.id);
    if (!shells) return pass(shells);
    for (const auto& shell : *shells) {
        owned_.push_back("shell account " + shell.login);
        const auto gathered = gather(shell);
        if (!gathered) return gathered;
    }
    const auto mailboxes = registry.mailboxes_of(customer.id);
    if (!mailboxes) return pass(mailboxes);
    for (const auto& mailbox : *mailboxes) {
        const auto gathered = gather(mailbox, Covered::no);
        if (!gathered) return gathered;
    }
    const auto domains = registry.domains_of(customer.id);
    if (!domains) return pass(domains);
    for (const auto& domain : *domains) {
        owned_.push_back("domain " + domain.name.show());
        const auto gathered = gather(domain);
        if (!gathered) return gathered;
    }
    return {};
}

Result<void> Removal::gather(const Domain& domain)
{
    auto& registry = order_.office.registry;
    domains_.push_back(domain);
    const auto mailboxes = registry.mailboxes_at(domain.id);
    if (!mailboxes) return pass(mailboxes);
    for (const auto& mailbox : *mailboxes) {
        const auto gathered = gather(mailbox, Covered::no);
        if (!gathered) return gathered;
    }
    const auto aliases = registry.aliases_at(domain.id);
    if (!aliases) return pass(aliases);
    for (const auto& alias : *aliases) {
        const auto gathered = gather(alias, domain.customer);
        if (!gathered) return gathered;
    }
    const auto shells = registry.shell_accounts_of(domain.customer);
    if (!shells) return pass(shells);
    for (const auto& shell : *shells) {
        if (shell.free_domain != domain.id || known_inboxes_.contains(shell.id)) continue;
        owned_.push_back("the free mailboxes' place of shell account " + shell.login);
        without_free_domain_.push_back(shell);
    }
    return {};
}

Result<void> Removal::gather(const ShellAccount& shell)
{
    auto& registry = order_.office.registry;
    const auto mailboxes = registry.mailboxes_in(shell.id);
    if (!mailboxes) return pass(mailboxes);
    for (const auto& mailbox : *mailboxes) {
        const auto gathered = gather(mailbox, Covered::yes);
        if (!gathered) return gathered;
    }
    auto latest = Instant::min();
    for (const auto& grave : graves_)
        if (grave.removed.shell == shell.id) latest = std::max(latest, grave.removed.purge_after);
    const auto remembered = remember(shell.id, shell.customer,
                                     {.id = shell.id,
                                      .shell = {},
                                      .is_shell = true,
                                      .uid = shell.uid,
                                      .login = shell.login,
                                      .removed = {},
                                      .purge_after = {}},
                                     shell.login);
    if (!remembered) return remembered;
    auto& own = graves_.back().removed.purge_after; // the tree goes as a whole, when the last in it may go
    own = std::max(own, latest);
    return {};
}

Result<void> Removal::gather(const Mailbox& mailbox, Covered covered)
{
    if (known_inboxes_.contains(mailbox.id)) return {};
    owned_.push_back("mailbox " + mailbox.address.show());
    const auto remembered = remember(mailbox.id, mailbox.customer,
                                     {.id = mailbox.id,
                                      .shell = mailbox.shell,
                                      .is_shell = false,
                                      .login = mailbox.address.text(),
                                      .removed = {},
                                      .purge_after = {}},
                                     mailbox.host_name);
    if (!remembered) return remembered;
    auto& grave = graves_.back();
    grave.addresses.push_back(mailbox.address);
    grave.is_covered = covered == Covered::yes;
    grave.removed.purge_after =
        grave.removed.removed + std::chrono::days(mailbox.grace_days.value_or(grave.plan.grace_days));
    return {};
}

Result<void> Removal::gather(const Alias& alias, const CustomerId& customer)
{
    if (!known_aliases_.insert(alias.address).second) return {};
    owned_.push_back("alias " + alias.address.show());
    aliases_.emplace_back(alias, customer);
    return {};
}

Result<void> Removal::remember(const InboxId& inbox, const CustomerId& customer_id, Removed removed,
                               const std::string& host_name)
{
    auto& office = order_.office;
    known_inboxes_.insert(inbox);
    const auto aliases = office.registry.aliases_of(inbox);
    if (!aliases) return pass(aliases);
    for (const auto& alias : *aliases) {
        const auto gathered = gather(alias, customer_id);
        if (!gathered) return gathered;
    }
    const auto customer = find_customer(office, customer_id);
    if (!customer) return pass(customer);
    Grave grave{.removed = std::move(removed),
                .addresses = {},
                .customer = customer_id,
                .plan = office.settings.plan(customer->plan)};
    grave.removed.removed = office.clock.now();
    grave.removed.purge_after = grave.removed.removed + std::chrono::days(grave.plan.grace_days);
    const auto host = office.registry.host_domain();
    if (!host) return pass(host);
    const auto at_host = *host ? Address::parse(host_name + "@" + (*host)->name.text())
                               : Result<Address>(fail(Fault::not_found, ""));
    if (at_host) grave.addresses.push_back(*at_host);
    graves_.push_back(std::move(grave));
    return {};
}

Result<void> Removal::free(directory::Changes& changes, const Address& address, const CustomerId& customer,
                           std::uint64_t days)
{
    if (days == 0) return {};
    return changes.add(Quarantine{.address = address,
                                  .customer = customer,
                                  .until = order_.office.clock.now() + std::chrono::days(days)});
}

Result<void> Removal::bury(directory::Changes& changes, const Grave& grave)
{
    auto done = changes.remove_inbox(grave.removed.id);
    for (const auto& address : grave.addresses)
        if (done) done = free(changes, address, grave.customer, grave.plan.quarantine_days);
    auto removed = grave.removed; // noted also where it goes at once: the sweep ends what a crash leaves
    if (mail_ == Mail::goes_at_once) removed.purge_after = removed.removed;
    if (done && !grave.is_covered) done = changes.add(removed);
    return done;
}

// What is named goes after what names it: aliases, mailboxes, shell accounts, domains, the customer.
Result<void> Removal::work(directory::Changes& changes)
{
    Result<void> done;
    for (const auto& [alias, customer] : aliases_) {
        if (done) done = changes.remove_alias(alias.address);
        const auto owner = find_customer(order_.office, customer);
        const auto days = owner ? order_.office.settings.plan(owner->plan).quarantine_days : 0;
        if (done) done = free(changes, alias.address, customer, days);
    }
    for (const auto kind : {false, true})
        for (const auto& grave : graves_)
            if (done && grave.removed.is_shell == kind) done = bury(changes, grave);
    for (auto shell : without_free_domain_) {
        shell.free_domain.reset();
        if (done) done = changes.set(shell);
    }
    for (const auto& domain : domains_) {
        if (done) done = changes.remember_past(domain.name, domain.customer);
        if (done) done = changes.remove(domain.id);
    }
    if (done && customer_) done = changes.remove(*customer_);
    return done;
}

asio::awaitable<Result<void>> Removal::clear_away(const Grave& grave)
{
    const auto secret = co_await order_.office.keys.remove(grave.removed.id);
    if (!secret)
        co_return fail(secret.error().fault, "the password of {} is still stored: {}", grave.removed.login,
                       secret.error().text);
    const bool at_once = mail_ == Mail::goes_at_once || grave.removed.purge_after <= grave.removed.removed;
    if (!at_once || grave.is_covered) co_return Result<void>();
    auto purged = co_await purge_tree(order_.office, grave.removed);
    co_return purged;
}

// The tree that a move left behind would outlive the row that knows of it.
asio::awaitable<Result<void>> Removal::finish_moves()
{
    for (const auto& grave : graves_) {
        const auto finished = co_await finish_moves_of(order_.office, grave.removed.id);
        if (!finished) co_return finished;
    }
    co_return Result<void>();
}

asio::awaitable<Result<Json>> Removal::carry_out()
{
    if (!order_.is_dry_run()) {
        const auto finished = co_await finish_moves();
        if (!finished) co_return pass(finished);
    }
    auto answer = commit(order_, plan_, [this](directory::Changes& changes) { return work(changes); });
    if (!answer || order_.is_dry_run()) co_return answer;
    for (const auto& grave : graves_) {
        const auto cleared = co_await clear_away(grave);
        if (!cleared) plan_.steps.push_back(cleared.error().said);
    }
    if (!domains_.empty()) {
        const auto written = order_.office.write_zones();
        if (!written) plan_.add("the zone snippets could not be written: {}", written.error().text);
    }
    co_return answer_to(order_, plan_);
}

} // namespace metka::metkad
