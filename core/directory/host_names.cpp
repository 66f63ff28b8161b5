#include "core/directory/host_names.h"

#include "core/base/text.h"

namespace metka::directory {

namespace {

// What people call an account: its address or its log-in.
std::string called(Registry& registry, const InboxId& id)
{
    const auto record = registry.inbox(id);
    return record && *record ? (*record)->login : id.hex();
}

Result<std::optional<InboxId>> holder_of(Registry& registry, const Address& address)
{
    const auto mailbox = registry.mailbox(address);
    if (!mailbox) return pass(mailbox);
    if (*mailbox) return (*mailbox)->id;
    const auto alias = registry.alias(address);
    if (!alias) return pass(alias);
    return *alias ? std::optional((*alias)->inbox) : std::nullopt;
}

Result<void> name_is_free(Registry& registry, const InboxId& account, std::string_view name)
{
    const auto holder = registry.host_name(name);
    if (!holder) return pass(holder);
    if (!*holder || **holder == account) return {};
    return fail(Fault::conflict, "the host name {} is taken already, by {}", name,
                called(registry, **holder));
}

Result<void> must_be_host(const Domain& domain)
{
    if (domain.kind == DomainKind::host && domain.customer.empty() && domain.state == DomainState::active)
        return {};
    return fail(Fault::invalid, "the host domain {} belongs to no customer and is always active",
                domain.name.show());
}

} // namespace

Result<void> may_be_named(Registry& registry, const InboxId& account, std::string_view name)
{
    const auto spelt = Address::parse(fmt::format("{}@host.invalid", name));
    if (!spelt || spelt->local() != name)
        return fail(Fault::invalid,
                    "“{}” is no host name: it is 1 to 64 of a-z 0-9 . _ -, like the part of an "
                    "address before the @",
                    escaped(name, 80));
    const auto free = name_is_free(registry, account, name);
    if (!free) return free;
    const auto host = registry.host_domain();
    if (!host) return pass(host);
    if (!*host) return {};
    const auto address = Address::parse(fmt::format("{}@{}", name, (*host)->name.text()));
    if (!address) return pass(address);
    const auto holder = holder_of(registry, *address);
    if (!holder) return pass(holder);
    if (!*holder || **holder == account) return {};
    return fail(Fault::conflict, "the host name {} cannot be taken, since {} leads to {}", name,
                address->show(), called(registry, **holder));
}

Result<void> may_be_named(Registry& registry, const Mailbox& mailbox)
{
    const auto host = registry.host_domain();
    if (!host) return pass(host);
    const bool in_host = *host && (*host)->name == mailbox.address.domain();
    if (in_host && mailbox.host_name != mailbox.address.local())
        return fail(Fault::invalid,
                    "the mailbox {} lies in the host domain, so its host name is {} and not “{}”",
                    mailbox.address.show(), mailbox.address.local(), escaped(mailbox.host_name, 80));
    return may_be_named(registry, mailbox.id, mailbox.host_name);
}

Result<void> may_lead_to(Registry& registry, const Address& address, const InboxId& account)
{
    const auto host = registry.host_domain();
    if (!host) return pass(host);
    if (!*host || (*host)->name != address.domain()) return {};
    const auto holder = registry.host_name(address.local());
    if (!holder) return pass(holder);
    if (!*holder || **holder == account) return {};
    return fail(Fault::conflict, "the address {} is taken already, as the host name of {}", address.show(),
                called(registry, **holder));
}

Result<void> may_add_host(Registry& registry, const Domain& domain)
{
    const auto shape = must_be_host(domain);
    if (!shape) return shape;
    const auto host = registry.host_domain();
    if (!host) return pass(host);
    if (!*host) return {};
    return fail(Fault::conflict, "there is one host domain, {}; rename that", (*host)->name.show());
}

Result<void> may_set_host(Registry& registry, const Domain& now, const Domain& then)
{
    const auto shape = must_be_host(then);
    if (!shape || now.name == then.name) return shape;
    const auto namesake = registry.domain(then.name);
    if (!namesake) return pass(namesake);
    if (*namesake) return fail(Fault::conflict, "the domain {} is taken already", then.name.show());
    const auto mailboxes = registry.mailboxes_at(now.id);
    if (!mailboxes) return pass(mailboxes);
    const auto aliases = registry.aliases_at(now.id);
    if (!aliases) return pass(aliases);
    if (mailboxes->empty() && aliases->empty()) return {};
    return fail(
        Fault::conflict,
        "the host domain keeps its name {} while {} mailboxes and {} aliases lie in it; move these first",
        now.name.show(), mailboxes->size(), aliases->size());
}

} // namespace metka::directory
