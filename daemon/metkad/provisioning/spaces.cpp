#include "daemon/metkad/provisioning/spaces.h"

#include <algorithm>

namespace metka::metkad {

namespace {

template <class T>
std::uint64_t count_of(const std::vector<T>& all, const CustomerId& customer)
{
    return static_cast<std::uint64_t>(std::ranges::count(all, customer, &T::customer));
}

} // namespace

Result<std::vector<Mailbox>> free_mailboxes_of(Office& office, const InboxId& shell)
{
    auto mailboxes = office.registry.mailboxes();
    if (mailboxes) std::erase_if(*mailboxes, [&](const Mailbox& each) { return each.shell != shell; });
    return mailboxes;
}

Result<policy::FreeMailboxFacts> free_mailbox_facts(Office& office, const ShellAccount& shell,
                                                    const Address& address)
{
    const auto free_domain = domain_name(office, shell.free_domain);
    if (!free_domain) return pass(free_domain);
    const auto mailboxes = office.registry.mailboxes();
    if (!mailboxes) return pass(mailboxes);
    const auto shells = office.registry.shell_accounts();
    if (!shells) return pass(shells);
    const auto domains = office.registry.domains();
    if (!domains) return pass(domains);

    policy::FreeMailboxFacts facts{.address = address,
                                   .login = shell.login,
                                   .free_domain = *free_domain,
                                   .shells = count_of(*shells, shell.customer),
                                   .domains = count_of(*domains, shell.customer),
                                   .per_shell = office.settings.plan_free_mailboxes_per_shell,
                                   .per_domain = office.settings.plan_free_mailboxes_per_domain};
    for (const auto& mailbox : *mailboxes) {
        if (!mailbox.shell) continue;
        facts.in_shell += mailbox.shell == shell.id ? 1 : 0;
        facts.in_domain += mailbox.address.domain() == address.domain() ? 1 : 0;
        facts.of_customer += mailbox.customer == shell.customer ? 1 : 0;
    }
    return facts;
}

asio::awaitable<Result<void>> check_disk_limit(Office& office, const ShellAccount& shell, Capacity capacity,
                                               std::optional<InboxId> changed)
{
    const auto mailboxes = free_mailboxes_of(office, shell.id);
    if (!mailboxes) co_return pass(mailboxes);
    const auto usage = co_await office.trees.usage(place_of(shell));
    if (!usage) co_return pass(usage);
    policy::DiskFacts facts{
        .login = shell.login, .limit = shell.disk_limit, .used = usage->used, .promised = {}};
    for (const auto& mailbox : *mailboxes)
        if (mailbox.id != changed) facts.promised.push_back(mailbox.capacity);
    facts.promised.push_back(capacity);
    co_return policy::fits_disk_limit(facts);
}

} // namespace metka::metkad
