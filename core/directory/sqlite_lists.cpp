// What belongs to what, how much of it there is, and the walks of the sweeps. Every statement here finds its
// rows by an index.

#include "core/directory/rows.h"
#include "core/directory/sqlite_registry.h"

namespace metka::directory {

using sqlite::joined;

namespace {

std::uint64_t count_in(const sqlite::Rows& row, int column)
{
    return static_cast<std::uint64_t>(row.number(column));
}

Result<std::uint64_t> read_count(const sqlite::Rows& row)
{
    return count_in(row, 0);
}

// SQLite counts whole tables by the pages of their smallest index. Every mailbox has one address that is no
// alias.
constexpr sqlite::Sql of_everything = "SELECT (SELECT count(*) FROM customer), (SELECT count(*) FROM domain),"
                                      " (SELECT count(*) FROM domain WHERE kind = 'host'),"
                                      " (SELECT count(*) FROM shell_account), (SELECT count(*) FROM mailbox),"
                                      " (SELECT count(*) FROM address)";

Result<Totals> read_totals(const sqlite::Rows& row)
{
    return Totals{.customers = count_in(row, 0),
                  .domains = count_in(row, 1) - count_in(row, 2),
                  .shells = count_in(row, 3),
                  .mailboxes = count_in(row, 4),
                  .aliases = count_in(row, 5) - count_in(row, 4)};
}

constexpr sqlite::Sql of_free = "SELECT (SELECT count(*) FROM mailbox WHERE shell = $1),"
                                " (SELECT count(*) FROM mailbox WHERE domain = $2 AND shell IS NOT NULL),"
                                " (SELECT count(*) FROM mailbox WHERE customer = $3 AND shell IS NOT NULL)";

Result<FreeCounts> read_free_counts(const sqlite::Rows& row)
{
    return FreeCounts{
        .in_shell = count_in(row, 0), .in_domain = count_in(row, 1), .of_customer = count_in(row, 2)};
}

// For statements that always have a row.
template <class Record>
Result<Record> the_one(Result<std::optional<Record>> found)
{
    if (!found) return pass(found);
    return std::move(*found).value_or(Record{});
}

} // namespace

Result<std::vector<Domain>> SqliteRegistry::domains_of(const CustomerId& customer)
{
    return read_all(database_.ask(joined<select_domain, " WHERE customer = $1 ORDER BY name">, customer),
                    &read_domain);
}

Result<std::vector<ShellAccount>> SqliteRegistry::shell_accounts_of(const CustomerId& customer)
{
    return read_all(
        database_.ask(joined<select_shell_account, " WHERE customer = $1 ORDER BY login">, customer),
        &read_shell_account);
}

Result<std::vector<Mailbox>> SqliteRegistry::mailboxes_of(const CustomerId& customer)
{
    return read_all(
        database_.ask(joined<select_mailbox, " WHERE m.customer = $1 ORDER BY m.address">, customer),
        &read_mailbox);
}

Result<std::vector<Mailbox>> SqliteRegistry::mailboxes_in(const InboxId& shell)
{
    return read_all(database_.ask(joined<select_mailbox, " WHERE m.shell = $1 ORDER BY m.address">, shell),
                    &read_mailbox);
}

Result<std::vector<Mailbox>> SqliteRegistry::mailboxes_at(const DomainId& domain)
{
    return read_all(database_.ask(joined<select_mailbox, " WHERE m.domain = $1 ORDER BY m.address">, domain),
                    &read_mailbox);
}

Result<std::vector<Alias>> SqliteRegistry::aliases_of(const InboxId& inbox)
{
    return read_all(database_.ask(joined<select_alias, " AND inbox = $1 ORDER BY address">, inbox),
                    &read_alias);
}

Result<std::vector<Alias>> SqliteRegistry::aliases_at(const DomainId& domain)
{
    return read_all(database_.ask(joined<select_alias, " AND domain = $1 ORDER BY address">, domain),
                    &read_alias);
}

Result<std::uint64_t> SqliteRegistry::aliases_by(const InboxId& inbox, MadeBy made_by)
{
    return the_one(read_one(
        database_.ask("SELECT count(*) FROM address WHERE inbox = $1 AND role = 'alias' AND made_by = $2",
                      inbox, name(made_by)),
        &read_count));
}

// "30,7,1": the largest stands first, and a cast to a number reads as far as it is one.
Result<std::uint64_t> SqliteRegistry::longest_notice()
{
    auto rows = database_.ask("SELECT coalesce(max(CAST(notice_days AS INTEGER)), 0) FROM mailbox"
                              " WHERE notice_days IS NOT NULL");
    if (!rows) return pass(rows);
    const auto row = rows->next();
    if (!row) return pass(row);
    return static_cast<std::uint64_t>(rows->number(0));
}

Result<std::vector<Mailbox>> SqliteRegistry::mailboxes_ending(Instant before, const Ending& after,
                                                              std::size_t most)
{
    return read_all(database_.ask(joined<select_mailbox, " WHERE m.valid_ends < $1"
                                                         " AND (m.valid_ends, m.id) > ($2, $3)"
                                                         " ORDER BY m.valid_ends, m.id LIMIT $4">,
                                  before, after.ends, after.id, rows_at_most(most)),
                    &read_mailbox);
}

Result<Totals> SqliteRegistry::totals()
{
    return the_one(read_one(database_.ask(of_everything), &read_totals));
}

Result<FreeCounts> SqliteRegistry::free_counts(const InboxId& shell, const DomainId& domain,
                                               const CustomerId& customer)
{
    return the_one(read_one(database_.ask(of_free, shell, domain, customer), &read_free_counts));
}

} // namespace metka::directory
