#include "core/directory/sqlite_registry.h"

#include "core/directory/keys.h"
#include "core/directory/lookups.h"
#include "core/directory/rows.h"
#include "core/directory/sqlite_changes.h"

namespace metka::directory {

using sqlite::joined;

Result<std::optional<RecipientRecord>> SqliteRegistry::recipient(const Address& address)
{
    return find_recipient(database_, address);
}

Result<std::optional<InboxRecord>> SqliteRegistry::inbox(const InboxId& id)
{
    return find_inbox(database_, id);
}

Result<std::optional<InboxRecord>> SqliteRegistry::login(std::string_view name)
{
    return find_login(database_, name);
}

Result<bool> SqliteRegistry::may_send_as(const InboxId& id, const Address& address)
{
    return find_sender(database_, id, address);
}

Result<std::vector<Customer>> SqliteRegistry::customers()
{
    return read_all(database_.ask(joined<select_customer, " ORDER BY name">), &read_customer);
}

Result<std::vector<Domain>> SqliteRegistry::domains()
{
    return read_all(database_.ask(joined<select_domain, " ORDER BY name">), &read_domain);
}

Result<std::vector<ShellAccount>> SqliteRegistry::shell_accounts()
{
    return read_all(database_.ask(joined<select_shell_account, " ORDER BY login">), &read_shell_account);
}

Result<std::vector<Mailbox>> SqliteRegistry::mailboxes()
{
    return read_all(database_.ask(joined<select_mailbox, " ORDER BY address">), &read_mailbox);
}

Result<std::vector<Alias>> SqliteRegistry::aliases()
{
    return read_all(database_.ask(joined<select_alias, " ORDER BY address">), &read_alias);
}

Result<std::vector<AuditEntry>> SqliteRegistry::audit(std::size_t newest)
{
    const auto most = static_cast<std::int64_t>(std::min<std::size_t>(newest, INT64_MAX));
    return read_all(database_.ask(joined<select_audit, " ORDER BY place DESC LIMIT $1">, most), &read_audit);
}

Result<std::optional<Customer>> SqliteRegistry::customer(std::string_view name)
{
    return read_one(database_.ask(joined<select_customer, " WHERE name = $1">, name), &read_customer);
}

Result<std::optional<Customer>> SqliteRegistry::customer(const CustomerId& id)
{
    return read_one(database_.ask(joined<select_customer, " WHERE id = $1">, id), &read_customer);
}

Result<std::optional<Domain>> SqliteRegistry::domain(const DomainName& name)
{
    return read_one(database_.ask(joined<select_domain, " WHERE name = $1">, name.text()), &read_domain);
}

Result<std::optional<Domain>> SqliteRegistry::domain(const DomainId& id)
{
    return read_one(database_.ask(joined<select_domain, " WHERE id = $1">, id), &read_domain);
}

Result<std::optional<ShellAccount>> SqliteRegistry::shell_account(std::string_view login)
{
    return read_one(database_.ask(joined<select_shell_account, " WHERE login = $1">, login),
                    &read_shell_account);
}

Result<std::optional<ShellAccount>> SqliteRegistry::shell_account(const InboxId& id)
{
    return read_one(database_.ask(joined<select_shell_account, " WHERE id = $1">, id), &read_shell_account);
}

Result<std::optional<Mailbox>> SqliteRegistry::mailbox(const Address& address)
{
    return read_one(database_.ask(joined<select_mailbox, " WHERE address = $1">, address.text()),
                    &read_mailbox);
}

Result<std::optional<Mailbox>> SqliteRegistry::mailbox(const InboxId& id)
{
    return read_one(database_.ask(joined<select_mailbox, " WHERE id = $1">, id), &read_mailbox);
}

Result<std::optional<Alias>> SqliteRegistry::alias(const Address& address)
{
    return read_one(database_.ask(joined<select_alias, " AND address = $1">, address.text()), &read_alias);
}

namespace {

Result<void> add_audit(sqlite::Database& database, const AuditEntry& entry)
{
    const auto row = check(entry);
    if (!row) return row;
    const auto added =
        database.run("INSERT INTO audit (id, at, actor_uid, actor, acting_as, verb, subject, before, after)"
                     " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
                     Id::make(entry.at), entry.at, entry.actor_uid, entry.actor, entry.acting_as, entry.verb,
                     entry.subject, entry.before, entry.after);
    if (!added) return pass(added);
    return {};
}

} // namespace

Result<void> SqliteRegistry::change(AuditEntry& entry, const std::function<Result<void>(Changes&)>& work)
{
    auto transaction = sqlite::Transaction::begin(database_);
    if (!transaction) return pass(transaction);
    SqliteChanges changes(*this, database_);
    const auto worked = work(changes);
    if (!worked) return worked;
    if (!changes.refused()) return changes.refused();
    const auto audited = add_audit(database_, entry);
    if (!audited) return audited;
    return transaction->commit();
}

} // namespace metka::directory
