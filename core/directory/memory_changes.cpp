#include "core/directory/memory_changes.h"

#include "core/directory/keys.h"

namespace metka::directory {

template <class Key, class Row>
Result<void> MemoryChanges::put(Result<void> may, std::map<Key, Row>& rows, const Key& key, const Row& row)
{
    if (!may) return refuse(may);
    const auto [place, is_new] = rows.try_emplace(key, row);
    if (is_new) return {};
    const auto created = place->second.created;
    place->second = row;
    place->second.created = created;
    return {};
}

template <class Key, class Row>
Result<void> MemoryChanges::drop(Result<void> may, std::map<Key, Row>& rows, const Key& key)
{
    if (!may) return refuse(may);
    rows.erase(key);
    return {};
}

Result<void> MemoryChanges::refuse(const Result<void>& why)
{
    if (refused_) refused_ = why;
    return why;
}

Result<void> MemoryChanges::end_quarantine(Result<void> done, const Address& address)
{
    if (done) rows_.quarantines.erase(address.text());
    return done;
}

Result<void> MemoryChanges::add(const Customer& row)
{
    return put(may_add(registry_, row), rows_.customers, row.id, row);
}

Result<void> MemoryChanges::add(const Domain& row)
{
    return put(may_add(registry_, row), rows_.domains, row.id, row);
}

Result<void> MemoryChanges::add(const ShellAccount& row)
{
    const auto waits = must_not_wait(at(rows_.removed, row.id));
    return put(waits ? may_add(registry_, row) : waits, rows_.shells, row.id, row);
}

Result<void> MemoryChanges::add(const Mailbox& row)
{
    const auto waits = must_not_wait(at(rows_.removed, row.id));
    return end_quarantine(put(waits ? may_add(registry_, row) : waits, rows_.mailboxes, row.id, row),
                          row.address);
}

Result<void> MemoryChanges::add(const Alias& row)
{
    return end_quarantine(put(may_add(registry_, row), rows_.aliases, row.address.text(), row), row.address);
}

Result<void> MemoryChanges::set(const Customer& row)
{
    return put(may_set(registry_, row), rows_.customers, row.id, row);
}

Result<void> MemoryChanges::set(const Domain& row)
{
    return put(may_set(registry_, row), rows_.domains, row.id, row);
}

Result<void> MemoryChanges::set(const ShellAccount& row)
{
    return put(may_set(registry_, row), rows_.shells, row.id, row);
}

Result<void> MemoryChanges::set(const Mailbox& row)
{
    const auto before = at(rows_.mailboxes, row.id);
    const auto done = put(may_set(registry_, row), rows_.mailboxes, row.id, row);
    const bool stays = before && before->address == row.address;
    return stays ? done : end_quarantine(done, row.address);
}

Result<void> MemoryChanges::set(const Alias& row)
{
    return put(may_set(registry_, row), rows_.aliases, row.address.text(), row);
}

Result<void> MemoryChanges::remove(const CustomerId& id)
{
    const auto owned = [&](const auto& row) { return row.customer == id; };
    const Belongings kept{.domains = count(rows_.domains, owned),
                          .shell_accounts = count(rows_.shells, owned),
                          .mailboxes = count(rows_.mailboxes, owned)};
    return drop(may_remove(registry_, id, kept), rows_.customers, id);
}

Result<void> MemoryChanges::remove(const DomainId& id)
{
    const auto domain = at(rows_.domains, id);
    const auto within = [&](const auto& row) { return domain && row.address.domain() == domain->name; };
    const auto freely = [&](const ShellAccount& shell) { return shell.free_domain == id; };
    const Belongings kept{.shell_accounts = count(rows_.shells, freely),
                          .mailboxes = count(rows_.mailboxes, within),
                          .aliases = count(rows_.aliases, within)};
    return drop(may_remove(registry_, id, kept), rows_.domains, id);
}

Result<void> MemoryChanges::remove_inbox(const InboxId& id)
{
    const Belongings kept{
        .mailboxes = count(rows_.mailboxes, [&](const Mailbox& mailbox) { return mailbox.shell == id; }),
        .aliases = count(rows_.aliases, [&](const Alias& alias) { return alias.inbox == id; })};
    const auto dropped = drop(may_remove_inbox(registry_, id, kept), rows_.mailboxes, id);
    if (!dropped) return dropped;
    rows_.shells.erase(id);
    rows_.homes.erase(id);
    return {};
}

Result<void> MemoryChanges::remove_alias(const Address& address)
{
    return drop(may_remove_alias(registry_, address), rows_.aliases, address.text());
}

Result<void> MemoryChanges::add(const Quarantine& row)
{
    rows_.quarantines.insert_or_assign(row.address.text(), row);
    return {};
}

Result<void> MemoryChanges::add(const Removed& row)
{
    const auto may = may_add(registry_, row);
    if (!may) return refuse(may);
    rows_.removed.insert_or_assign(row.id, row);
    return {};
}

Result<void> MemoryChanges::forget_removed(const InboxId& id)
{
    rows_.removed.erase(id);
    return {};
}

Result<void> MemoryChanges::remember_past(const DomainName& name, const CustomerId& customer)
{
    rows_.past_domains.emplace(name.text(), customer);
    return {};
}

} // namespace metka::directory
