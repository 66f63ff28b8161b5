#include "core/directory/sqlite_changes.h"

#include "core/directory/keys.h"
#include "core/directory/rows.h"

namespace metka::directory {

namespace {

std::optional<std::string> until(const Mailbox& mailbox)
{
    return mailbox.validity ? std::optional(mailbox.validity->until.text()) : std::nullopt;
}

std::optional<Instant> ends(const Mailbox& mailbox)
{
    return mailbox.validity ? std::optional(mailbox.validity->ends) : std::nullopt;
}

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

template <class... Values>
Result<void> SqliteChanges::run(sqlite::Sql sql, const Values&... values)
{
    const auto changed = database_.run(sql, values...);
    if (!changed) return pass(changed);
    return {};
}

// Each step only after all before it went well; the first failure fails the change.
template <class... Steps>
Result<void> SqliteChanges::in_order(Result<void> allowed, const Steps&... steps)
{
    auto done = std::move(allowed);
    ((done = done ? steps() : done), ...);
    if (!done && refused_) refused_ = done;
    return done;
}

Result<void> SqliteChanges::add(const Customer& customer)
{
    return in_order(may_add(registry_, customer), [&] {
        return run("INSERT INTO customer (id, name, title, contact, standing, created) VALUES ($1, $2, $3, "
                   "$4, $5, $6)",
                   customer.id, customer.name, customer.title, customer.contact, name(customer.standing),
                   customer.created);
    });
}

Result<void> SqliteChanges::add(const Domain& domain)
{
    return in_order(may_add(registry_, domain), [&] {
        return run("INSERT INTO domain (id, name, customer, kind, state, token, created)"
                   " VALUES ($1, $2, $3, $4, $5, $6, $7)",
                   domain.id, domain.name.text(), domain.customer, name(domain.kind), name(domain.state),
                   domain.token, domain.created);
    });
}

Result<void> SqliteChanges::add(const ShellAccount& shell)
{
    return in_order(
        may_add(registry_, shell),
        [&] { return run("INSERT INTO inbox (id, kind) VALUES ($1, 'shell')", shell.id); },
        [&] {
            return run("INSERT INTO shell_account"
                       " (id, login, customer, uid, adopted, disk_limit, free_domain, standing, created)"
                       " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
                       shell.id, shell.login, shell.customer, shell.uid, std::int64_t{shell.adopted},
                       shell.disk_limit, shell.free_domain, name(shell.standing), shell.created);
        });
}

Result<void> SqliteChanges::insert_primary(const Mailbox& mailbox)
{
    return run("INSERT INTO address (address, domain, inbox, role, made_by, created)"
               " SELECT $1, d.id, $3, 'primary', 'administrator', $4 FROM domain d WHERE d.name = $2",
               mailbox.address.text(), mailbox.address.domain().text(), mailbox.id, mailbox.created);
}

Result<void> SqliteChanges::add(const Mailbox& mailbox)
{
    return in_order(
        may_add(registry_, mailbox),
        [&] { return run("INSERT INTO inbox (id, kind) VALUES ($1, 'mailbox')", mailbox.id); },
        [&] { return insert_primary(mailbox); },
        [&] {
            return run("INSERT INTO mailbox"
                       " (id, address, customer, shell, capacity, valid_until, valid_ends, standing, created)"
                       " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
                       mailbox.id, mailbox.address.text(), mailbox.customer, mailbox.shell, mailbox.capacity,
                       until(mailbox), ends(mailbox), name(mailbox.standing), mailbox.created);
        });
}

Result<void> SqliteChanges::add(const Alias& alias)
{
    return in_order(may_add(registry_, alias), [&] {
        return run("INSERT INTO address (address, domain, inbox, role, made_by, created)"
                   " SELECT $1, d.id, $3, 'alias', $4, $5 FROM domain d WHERE d.name = $2",
                   alias.address.text(), alias.address.domain().text(), alias.inbox, name(alias.made_by),
                   alias.created);
    });
}

Result<void> SqliteChanges::set(const Customer& customer)
{
    return in_order(may_set(registry_, customer), [&] {
        return run("UPDATE customer SET name = $2, title = $3, contact = $4, standing = $5 WHERE id = $1",
                   customer.id, customer.name, customer.title, customer.contact, name(customer.standing));
    });
}

Result<void> SqliteChanges::set(const Domain& domain)
{
    return in_order(may_set(registry_, domain), [&] {
        return run("UPDATE domain SET customer = $2, kind = $3, state = $4, token = $5 WHERE id = $1",
                   domain.id, domain.customer, name(domain.kind), name(domain.state), domain.token);
    });
}

Result<void> SqliteChanges::set(const ShellAccount& shell)
{
    return in_order(may_set(registry_, shell), [&] {
        return run(
            "UPDATE shell_account SET login = $2, customer = $3, uid = $4, adopted = $5, disk_limit = $6,"
            " free_domain = $7, standing = $8 WHERE id = $1",
            shell.id, shell.login, shell.customer, shell.uid, std::int64_t{shell.adopted}, shell.disk_limit,
            shell.free_domain, name(shell.standing));
    });
}

Result<void> SqliteChanges::update_mailbox(const Mailbox& mailbox)
{
    return run("UPDATE mailbox SET address = $2, customer = $3, shell = $4, capacity = $5, valid_until = $6,"
               " valid_ends = $7, standing = $8 WHERE id = $1",
               mailbox.id, mailbox.address.text(), mailbox.customer, mailbox.shell, mailbox.capacity,
               until(mailbox), ends(mailbox), name(mailbox.standing));
}

Result<void> SqliteChanges::set(const Mailbox& mailbox)
{
    const auto allowed = may_set(registry_, mailbox);
    const auto now = registry_.mailbox(mailbox.id);
    const bool stays = now && *now && (*now)->address == mailbox.address;
    if (stays) return in_order(allowed, [&] { return update_mailbox(mailbox); });
    // The new address is there before the mailbox names it, and the old one goes when nothing names it any
    // more.
    return in_order(
        allowed, [&] { return insert_primary(mailbox); }, [&] { return update_mailbox(mailbox); },
        [&] {
            return run("DELETE FROM address WHERE inbox = $1 AND role = 'primary' AND address <> $2",
                       mailbox.id, mailbox.address.text());
        });
}

Result<void> SqliteChanges::set(const Alias& alias)
{
    return in_order(may_set(registry_, alias), [&] {
        return run("UPDATE address SET inbox = $2, made_by = $3 WHERE address = $1 AND role = 'alias'",
                   alias.address.text(), alias.inbox, name(alias.made_by));
    });
}

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

} // namespace metka::directory
