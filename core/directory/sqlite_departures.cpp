// What leaves the directory, and what is kept of it.

#include "core/directory/keys.h"
#include "core/directory/rows.h"
#include "core/directory/sqlite_changes.h"

namespace metka::directory {

namespace {

Result<Belongings> read_belongings(const sqlite::Rows& row)
{
    const auto count = [&](int column) { return static_cast<std::size_t>(row.number(column)); };
    return Belongings{
        .domains = count(0), .shell_accounts = count(1), .mailboxes = count(2), .aliases = count(3)};
}

constexpr sqlite::Sql of_customer = "SELECT (SELECT count(*) FROM domain WHERE customer = $1),"
                                    " (SELECT count(*) FROM shell_account WHERE customer = $1),"
                                    " (SELECT count(*) FROM mailbox WHERE customer = $1), 0";
constexpr sqlite::Sql of_domain = "SELECT 0, (SELECT count(*) FROM shell_account WHERE free_domain = $1),"
                                  " (SELECT count(*) FROM address WHERE domain = $1 AND role = 'primary'),"
                                  " (SELECT count(*) FROM address WHERE domain = $1 AND role = 'alias')";
constexpr sqlite::Sql of_inbox = "SELECT 0, 0, (SELECT count(*) FROM mailbox WHERE shell = $1),"
                                 " (SELECT count(*) FROM address WHERE inbox = $1 AND role = 'alias')";

Result<Belongings> belongings(sqlite::Database& database, sqlite::Sql sql, const Id& id)
{
    auto counted = read_one(database.ask(sql, id), &read_belongings);
    if (!counted) return pass(counted);
    return counted->value_or(Belongings{});
}

} // namespace

Result<void> SqliteChanges::remove(const CustomerId& id)
{
    const auto kept = belongings(database_, of_customer, id);
    return in_order(kept ? may_remove(registry_, id, *kept) : pass(kept),
                    [&] { return run("DELETE FROM customer WHERE id = $1", id); });
}

Result<void> SqliteChanges::remove(const DomainId& id)
{
    const auto kept = belongings(database_, of_domain, id);
    return in_order(kept ? may_remove(registry_, id, *kept) : pass(kept),
                    [&] { return run("DELETE FROM domain WHERE id = $1", id); });
}

Result<void> SqliteChanges::remove_inbox(const InboxId& id)
{
    const auto kept = belongings(database_, of_inbox, id);
    return in_order(
        kept ? may_remove_inbox(registry_, id, *kept) : pass(kept),
        [&] { return run("DELETE FROM home_usage WHERE shell = $1", id); },
        [&] { return run("DELETE FROM host_name WHERE inbox = $1", id); },
        [&] { return run("DELETE FROM mailbox WHERE id = $1", id); },
        [&] { return run("DELETE FROM shell_account WHERE id = $1", id); },
        [&] { return run("DELETE FROM address WHERE inbox = $1 AND role = 'primary'", id); },
        [&] { return run("DELETE FROM inbox WHERE id = $1", id); });
}

Result<void> SqliteChanges::remove_alias(const Address& address)
{
    return in_order(may_remove_alias(registry_, address), [&] {
        return run("DELETE FROM address WHERE address = $1 AND role = 'alias'", address.text());
    });
}

Result<void> SqliteChanges::add(const Quarantine& quarantine)
{
    return in_order(Result<void>(), [&] {
        return run(
            "INSERT INTO quarantine (address, customer, until) VALUES ($1, $2, $3)"
            " ON CONFLICT (address) DO UPDATE SET customer = excluded.customer, until = excluded.until",
            quarantine.address.text(), quarantine.customer, quarantine.until);
    });
}

Result<void> SqliteChanges::add(const Removed& removed)
{
    return in_order(may_add(registry_, removed), [&] {
        return run("INSERT OR REPLACE INTO removed (inbox, shell, kind, login, uid, removed, purge_after)"
                   " VALUES ($1, $2, $3, $4, $5, $6, $7)",
                   removed.id, removed.shell, removed.is_shell ? "shell" : "mailbox", removed.login,
                   removed.uid, removed.removed, removed.purge_after);
    });
}

Result<void> SqliteChanges::forget_removed(const InboxId& id)
{
    return in_order(Result<void>(), [&] { return run("DELETE FROM removed WHERE inbox = $1", id); });
}

Result<void> SqliteChanges::remember_past(const DomainName& name, const CustomerId& customer)
{
    return in_order(Result<void>(), [&] {
        return run("INSERT OR IGNORE INTO past_domain (name, customer) VALUES ($1, $2)", name.text(),
                   customer);
    });
}

} // namespace metka::directory
