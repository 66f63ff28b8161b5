#include "core/directory/lookups.h"

#include "core/directory/keys.h"
#include "core/directory/rows.h"

namespace metka::directory {

namespace {

using sqlite::joined;
using sqlite::Literal;
using sqlite::Rows;

// `i` is the inbox; whatever can suspend it is joined to it: itself, its shell account, its customer, and the
// domain of its primary address.
constexpr Literal columns = "i.id, i.kind = 'shell', coalesce(m.address, s.login), s.id, s.uid,"
                            " CASE WHEN m.id IS NULL THEN s.disk_limit ELSE m.capacity END, m.valid_ends,"
                            " coalesce('suspended' IN (m.standing, s.standing, c.standing, own.state), 0),"
                            " coalesce(m.language, s.language), v.mailbox IS NOT NULL";
constexpr Literal joins =
    " LEFT JOIN mailbox m ON m.id = i.id"
    " LEFT JOIN domain own ON own.id = m.domain"
    " LEFT JOIN shell_account s ON s.id = coalesce(m.shell, i.id)"
    " LEFT JOIN customer c ON c.id = coalesce(m.customer, s.customer)"
    " LEFT JOIN move v ON v.mailbox = m.id AND v.closed = 1 AND v.from_shell IS m.shell";

constexpr auto by_address =
    joined<"SELECT ", columns,
           ", d.state FROM address a JOIN inbox i ON i.id = a.inbox JOIN domain d ON d.id = a.domain", joins,
           " WHERE a.address = $1">;
// The domain alone, unless it is the host domain and the local part somebody's host name.
constexpr auto by_host_name =
    joined<"SELECT ", columns,
           ", d.state FROM domain d LEFT JOIN host_name h ON d.kind = 'host' AND h.name = $1"
           " LEFT JOIN inbox i ON i.id = h.inbox",
           joins, " WHERE d.name = $2">;
constexpr auto by_id = joined<"SELECT ", columns, " FROM inbox i", joins, " WHERE i.id = $1">;
constexpr auto page =
    joined<"SELECT ", columns, " FROM inbox i", joins, " WHERE i.id > $1 ORDER BY i.id LIMIT $2">;
constexpr auto by_shell_login =
    joined<"SELECT ", columns, " FROM shell_account l JOIN inbox i ON i.id = l.id", joins,
           " WHERE l.login = $1">;
constexpr int id_column = 0;
constexpr int state_column = 10;

// The account, then its mailboxes, then what was removed from it, the oldest removal first: one snapshot.
constexpr sqlite::Sql space_of =
    "SELECT 0 AS part, s.disk_limit, coalesce(h.used, 0), NULL AS inbox, 0 AS at FROM shell_account s"
    " LEFT JOIN home_usage h ON h.shell = s.id WHERE s.id = $1"
    " UNION ALL SELECT 1, NULL, NULL, id, 0 FROM mailbox WHERE shell = $1"
    " UNION ALL SELECT 2, NULL, NULL, inbox, removed FROM removed WHERE shell = $1 ORDER BY part, at, inbox";

constexpr sqlite::Sql sending_of =
    "SELECT c.plan, coalesce(m.messages_per_hour, s.messages_per_hour),"
    " coalesce(m.messages_per_day, s.messages_per_day)"
    " FROM inbox i LEFT JOIN mailbox m ON m.id = i.id LEFT JOIN shell_account s ON s.id = i.id"
    " LEFT JOIN customer c ON c.id = coalesce(m.customer, s.customer) WHERE i.id = $1";

struct SpaceRow {
    std::int64_t part;
    Capacity limit;
    Bytes home;
    InboxId inbox;
};

Result<SpaceRow> read_space_row(const Rows& row)
{
    return SpaceRow{.part = row.number(0),
                    .limit = read_capacity(row, 1),
                    .home = Bytes{static_cast<std::uint64_t>(row.number(2))},
                    .inbox = InboxId(row.id(3))};
}

Result<InboxRecord> read_record(const Rows& row)
{
    return InboxRecord{.id = InboxId(row.id(0)),
                       .kind = row.number(1) == 1 ? InboxKind::shell : InboxKind::mailbox,
                       .login = row.text(2),
                       .shell = read_optional_id<InboxId>(row, 3),
                       .shell_uid = static_cast<std::uint32_t>(row.number(4)),
                       .capacity = read_capacity(row, 5),
                       .valid_ends =
                           row.is_null(6) ? std::nullopt : std::optional(from_unix_ms(row.number(6))),
                       .suspended = row.number(7) == 1,
                       .closed = row.number(9) == 1,
                       .language = read_language(row, 8)};
}

Result<SendingRecord> read_sending(const Rows& row)
{
    return SendingRecord{.plan = row.is_null(0) ? std::string(standard_plan) : row.text(0),
                         .messages_per_hour = read_number(row, 1),
                         .messages_per_day = read_number(row, 2)};
}

Result<RecipientRecord> read_recipient(const Rows& row)
{
    const auto domain = read_domain_state(row, state_column);
    if (row.is_null(id_column)) return RecipientRecord{.domain = domain, .inbox = std::nullopt};
    auto record = read_record(row);
    if (!record) return pass(record);
    return RecipientRecord{.domain = domain, .inbox = std::move(*record)};
}

} // namespace

Result<std::optional<RecipientRecord>> find_recipient(sqlite::Database& database, const Address& address)
{
    auto found = read_one(database.ask(by_address, address.text()), &read_recipient);
    if (!found || *found) return found;
    return read_one(database.ask(by_host_name, address.local(), address.domain().text()), &read_recipient);
}

Result<std::optional<InboxRecord>> find_inbox(sqlite::Database& database, const InboxId& id)
{
    return read_one(database.ask(by_id, id), &read_record);
}

Result<std::optional<InboxRecord>> find_login(sqlite::Database& database, std::string_view name)
{
    const auto login = LoginName::of(name);
    if (login.shell_login) return read_one(database.ask(by_shell_login, *login.shell_login), &read_record);
    if (!login.address) return std::nullopt;
    auto found = find_recipient(database, *login.address);
    if (!found) return pass(found);
    return *found ? std::move((*found)->inbox) : std::nullopt;
}

Result<bool> find_sender(sqlite::Database& database, const InboxId& id, const Address& address)
{
    auto rows = database.ask("SELECT 1 FROM address a JOIN domain d ON d.id = a.domain"
                             " WHERE a.address = $1 AND a.inbox = $2 AND d.state = 'active'",
                             address.text(), id);
    if (!rows) return pass(rows);
    const auto own = rows->next();
    if (!own || *own) return own;
    auto names =
        database.ask("SELECT 1 FROM domain d JOIN host_name h ON h.name = $1"
                     " WHERE d.name = $2 AND d.kind = 'host' AND d.state = 'active' AND h.inbox = $3",
                     address.local(), address.domain().text(), id);
    if (!names) return pass(names);
    return names->next();
}

Result<bool> find_protection(sqlite::Database& database, const DomainName& domain)
{
    auto rows = database.ask(
        "SELECT 1 FROM domain WHERE name = $1 AND state = 'active' AND protect_sender = 1", domain.text());
    if (!rows) return pass(rows);
    return rows->next();
}

Result<std::optional<SendingRecord>> find_sending(sqlite::Database& database, const InboxId& id)
{
    return read_one(database.ask(sending_of, id), &read_sending);
}

Result<std::optional<SpaceRecord>> find_space(sqlite::Database& database, const InboxId& shell)
{
    const auto rows = read_all(database.ask(space_of, shell), &read_space_row);
    if (!rows) return pass(rows);
    if (rows->empty() || rows->front().part != 0) return std::nullopt;
    SpaceRecord space{.limit = rows->front().limit, .home = rows->front().home};
    for (const auto& row : *rows)
        if (row.part != 0) (row.part == 1 ? space.boxes : space.removed).push_back(row.inbox);
    return space;
}

Result<std::vector<InboxRecord>> find_page(sqlite::Database& database, const InboxId& after, std::size_t most)
{
    return read_all(database.ask(page, after, rows_at_most(most)), &read_record);
}

} // namespace metka::directory
