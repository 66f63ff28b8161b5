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

std::optional<std::string> notice_days(const Mailbox& mailbox)
{
    return mailbox.notice_days ? std::optional(show(*mailbox.notice_days)) : std::nullopt;
}

std::optional<CustomerId> customer_of(const Domain& domain)
{
    return domain.customer.empty() ? std::nullopt : std::optional(domain.customer);
}

} // namespace

Result<void> SqliteChanges::add_name(const InboxId& inbox, std::string_view host_name)
{
    return run("INSERT INTO host_name (name, inbox) VALUES ($1, $2)", host_name, inbox);
}

Result<void> SqliteChanges::rename(const InboxId& inbox, std::string_view host_name)
{
    return run("UPDATE host_name SET name = $1 WHERE inbox = $2 AND name <> $1", host_name, inbox);
}

Result<void> SqliteChanges::does_not_wait(const InboxId& inbox)
{
    const auto found =
        read_one(database_.ask(sqlite::joined<select_removed, " WHERE inbox = $1">, inbox), &read_removed);
    return found ? must_not_wait(*found) : pass(found);
}

Result<void> SqliteChanges::end_quarantine(const Address& address)
{
    return run("DELETE FROM quarantine WHERE address = $1", address.text());
}

Result<void> SqliteChanges::add(const Customer& customer)
{
    return in_order(may_add(registry_, customer), [&] {
        return run("INSERT INTO customer (id, name, title, contact, plan, language, standing, created)"
                   " VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
                   customer.id, customer.name, customer.title, customer.contact, customer.plan,
                   name(customer.language), name(customer.standing), customer.created);
    });
}

Result<void> SqliteChanges::add(const Domain& domain)
{
    return in_order(may_add(registry_, domain), [&] {
        return run("INSERT INTO domain"
                   " (id, name, customer, kind, state, token, free_mailboxes, protect_sender, created)"
                   " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
                   domain.id, domain.name.text(), customer_of(domain), name(domain.kind), name(domain.state),
                   domain.token, domain.free_mailboxes, std::int64_t{domain.protects_sender}, domain.created);
    });
}

Result<void> SqliteChanges::add(const ShellAccount& shell)
{
    return in_order(
        may_add(registry_, shell), [&] { return does_not_wait(shell.id); },
        [&] { return run("INSERT INTO inbox (id, kind) VALUES ($1, 'shell')", shell.id); },
        [&] { return add_name(shell.id, shell.login); },
        [&] {
            return run("INSERT INTO shell_account"
                       " (id, login, customer, uid, adopted, disk_limit, free_domain, self_service_aliases,"
                       " free_mailboxes, messages_per_hour, messages_per_day, language, standing, created)"
                       " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
                       shell.id, shell.login, shell.customer, shell.uid, std::int64_t{shell.adopted},
                       shell.disk_limit, shell.free_domain, shell.self_service_aliases, shell.free_mailboxes,
                       shell.messages_per_hour, shell.messages_per_day, name(shell.language),
                       name(shell.standing), shell.created);
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
        may_add(registry_, mailbox), [&] { return does_not_wait(mailbox.id); },
        [&] { return run("INSERT INTO inbox (id, kind) VALUES ($1, 'mailbox')", mailbox.id); },
        [&] { return add_name(mailbox.id, mailbox.host_name); }, [&] { return insert_primary(mailbox); },
        [&] {
            return run(
                "INSERT INTO mailbox"
                " (id, address, domain, customer, shell, capacity, valid_until, valid_ends, grace_days,"
                " notice_days, messages_per_hour, messages_per_day, language, standing, created)"
                " SELECT $1, $2, d.id, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15"
                " FROM domain d WHERE d.name = $3",
                mailbox.id, mailbox.address.text(), mailbox.address.domain().text(), mailbox.customer,
                mailbox.shell, mailbox.capacity, until(mailbox), ends(mailbox), mailbox.grace_days,
                notice_days(mailbox), mailbox.messages_per_hour, mailbox.messages_per_day,
                name(mailbox.language), name(mailbox.standing), mailbox.created);
        },
        [&] { return end_quarantine(mailbox.address); });
}

Result<void> SqliteChanges::add(const Alias& alias)
{
    return in_order(
        may_add(registry_, alias),
        [&] {
            return run("INSERT INTO address (address, domain, inbox, role, made_by, created)"
                       " SELECT $1, d.id, $3, 'alias', $4, $5 FROM domain d WHERE d.name = $2",
                       alias.address.text(), alias.address.domain().text(), alias.inbox, name(alias.made_by),
                       alias.created);
        },
        [&] { return end_quarantine(alias.address); });
}

Result<void> SqliteChanges::set(const Customer& customer)
{
    return in_order(may_set(registry_, customer), [&] {
        return run("UPDATE customer SET name = $2, title = $3, contact = $4, plan = $5, language = $6,"
                   " standing = $7 WHERE id = $1",
                   customer.id, customer.name, customer.title, customer.contact, customer.plan,
                   name(customer.language), name(customer.standing));
    });
}

Result<void> SqliteChanges::set(const Domain& domain)
{
    return in_order(may_set(registry_, domain), [&] {
        return run("UPDATE domain SET name = $2, customer = $3, kind = $4, state = $5, token = $6,"
                   " free_mailboxes = $7, protect_sender = $8 WHERE id = $1",
                   domain.id, domain.name.text(), customer_of(domain), name(domain.kind), name(domain.state),
                   domain.token, domain.free_mailboxes, std::int64_t{domain.protects_sender});
    });
}

Result<void> SqliteChanges::set(const ShellAccount& shell)
{
    return in_order(
        may_set(registry_, shell), [&] { return rename(shell.id, shell.login); },
        [&] {
            return run("UPDATE shell_account SET login = $2, customer = $3, uid = $4, adopted = $5,"
                       " disk_limit = $6, free_domain = $7, self_service_aliases = $8, free_mailboxes = $9,"
                       " messages_per_hour = $10, messages_per_day = $11, language = $12, standing = $13"
                       " WHERE id = $1",
                       shell.id, shell.login, shell.customer, shell.uid, std::int64_t{shell.adopted},
                       shell.disk_limit, shell.free_domain, shell.self_service_aliases, shell.free_mailboxes,
                       shell.messages_per_hour, shell.messages_per_day, name(shell.language),
                       name(shell.standing));
        });
}

Result<void> SqliteChanges::update_mailbox(const Mailbox& mailbox)
{
    return run(
        "UPDATE mailbox SET address = $2, domain = (SELECT id FROM domain WHERE name = $3), shell = $4,"
        " capacity = $5, valid_until = $6, valid_ends = $7, grace_days = $8, notice_days = $9,"
        " messages_per_hour = $10, messages_per_day = $11, language = $12, standing = $13 WHERE id = $1",
        mailbox.id, mailbox.address.text(), mailbox.address.domain().text(), mailbox.shell, mailbox.capacity,
        until(mailbox), ends(mailbox), mailbox.grace_days, notice_days(mailbox), mailbox.messages_per_hour,
        mailbox.messages_per_day, name(mailbox.language), name(mailbox.standing));
}

Result<void> SqliteChanges::set(const Mailbox& mailbox)
{
    const auto allowed = may_set(registry_, mailbox);
    const auto now = registry_.mailbox(mailbox.id);
    const bool stays = now && *now && (*now)->address == mailbox.address;
    if (stays)
        return in_order(
            allowed, [&] { return rename(mailbox.id, mailbox.host_name); },
            [&] { return update_mailbox(mailbox); });
    // The new address is there before the mailbox names it, and the old one goes when nothing names it any
    // more.
    return in_order(
        allowed, [&] { return rename(mailbox.id, mailbox.host_name); },
        [&] { return insert_primary(mailbox); }, [&] { return update_mailbox(mailbox); },
        [&] {
            return run("DELETE FROM address WHERE inbox = $1 AND role = 'primary' AND address <> $2",
                       mailbox.id, mailbox.address.text());
        },
        [&] { return end_quarantine(mailbox.address); });
}

Result<void> SqliteChanges::set(const Alias& alias)
{
    return in_order(may_set(registry_, alias), [&] {
        return run("UPDATE address SET inbox = $2, made_by = $3 WHERE address = $1 AND role = 'alias'",
                   alias.address.text(), alias.inbox, name(alias.made_by));
    });
}

} // namespace metka::directory
