#include "core/directory/sqlite_registry.h"

#include "core/directory/lookups.h"
#include "core/directory/rows.h"

namespace metka::directory {

using sqlite::joined;

namespace {

Result<InboxId> read_inbox(const sqlite::Rows& row)
{
    return InboxId(row.id(0));
}

} // namespace

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

Result<bool> SqliteRegistry::protects_senders(const DomainName& domain)
{
    return find_protection(database_, domain);
}

Result<std::optional<SendingRecord>> SqliteRegistry::sending(const InboxId& id)
{
    return find_sending(database_, id);
}

Result<std::optional<SpaceRecord>> SqliteRegistry::space(const InboxId& shell)
{
    return find_space(database_, shell);
}

Result<std::vector<InboxRecord>> SqliteRegistry::inboxes(const InboxId& after, std::size_t most)
{
    return find_page(database_, after, most);
}

Result<std::vector<Customer>> SqliteRegistry::customers()
{
    return read_all(database_.ask(joined<select_customer, " ORDER BY name">), &read_customer);
}

Result<std::vector<Domain>> SqliteRegistry::domains()
{
    return read_all(database_.ask(joined<select_domain, " WHERE kind <> 'host' ORDER BY name">),
                    &read_domain);
}

Result<std::vector<ShellAccount>> SqliteRegistry::shell_accounts()
{
    return read_all(database_.ask(joined<select_shell_account, " ORDER BY login">), &read_shell_account);
}

Result<std::vector<Mailbox>> SqliteRegistry::mailboxes()
{
    return read_all(database_.ask(joined<select_mailbox, " ORDER BY m.address">), &read_mailbox);
}

Result<std::vector<Alias>> SqliteRegistry::aliases()
{
    return read_all(database_.ask(joined<select_alias, " ORDER BY address">), &read_alias);
}

Result<std::optional<Domain>> SqliteRegistry::host_domain()
{
    return read_one(database_.ask(joined<select_domain, " WHERE kind = 'host'">), &read_domain);
}

Result<std::optional<InboxId>> SqliteRegistry::host_name(std::string_view name)
{
    return read_one<InboxId>(database_.ask("SELECT inbox FROM host_name WHERE name = $1", name), &read_inbox);
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
    return read_one(database_.ask(joined<select_mailbox, " WHERE m.address = $1">, address.text()),
                    &read_mailbox);
}

Result<std::optional<Mailbox>> SqliteRegistry::mailbox(const InboxId& id)
{
    return read_one(database_.ask(joined<select_mailbox, " WHERE m.id = $1">, id), &read_mailbox);
}

Result<std::optional<Alias>> SqliteRegistry::alias(const Address& address)
{
    return read_one(database_.ask(joined<select_alias, " AND address = $1">, address.text()), &read_alias);
}

} // namespace metka::directory
