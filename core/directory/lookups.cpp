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
                            " coalesce('suspended' IN (m.standing, s.standing, c.standing, own.state), 0)";
constexpr Literal joins = " LEFT JOIN mailbox m ON m.id = i.id"
                          " LEFT JOIN address p ON p.address = m.address"
                          " LEFT JOIN domain own ON own.id = p.domain"
                          " LEFT JOIN shell_account s ON s.id = coalesce(m.shell, i.id)"
                          " LEFT JOIN customer c ON c.id = coalesce(m.customer, s.customer)";

constexpr auto by_address =
    joined<"SELECT ", columns,
           ", d.state FROM address a JOIN inbox i ON i.id = a.inbox JOIN domain d ON d.id = a.domain", joins,
           " WHERE a.address = $1">;
constexpr auto by_id = joined<"SELECT ", columns, " FROM inbox i", joins, " WHERE i.id = $1">;
constexpr auto by_shell_login =
    joined<"SELECT ", columns, " FROM shell_account l JOIN inbox i ON i.id = l.id", joins,
           " WHERE l.login = $1">;
constexpr int state_column = 8;

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
                       .suspended = row.number(7) == 1};
}

Result<RecipientRecord> read_recipient(const Rows& row)
{
    auto record = read_record(row);
    if (!record) return pass(record);
    return RecipientRecord{.domain = read_domain_state(row, state_column), .inbox = std::move(*record)};
}

Result<RecipientRecord> read_bare_domain(const Rows& row)
{
    return RecipientRecord{.domain = read_domain_state(row, 0), .inbox = std::nullopt};
}

} // namespace

Result<std::optional<RecipientRecord>> find_recipient(sqlite::Database& database, const Address& address)
{
    auto found = read_one(database.ask(by_address, address.text()), &read_recipient);
    if (!found || *found) return found;
    return read_one(database.ask("SELECT state FROM domain WHERE name = $1", address.domain().text()),
                    &read_bare_domain);
}

Result<std::optional<InboxRecord>> find_inbox(sqlite::Database& database, const InboxId& id)
{
    return read_one(database.ask(by_id, id), &read_record);
}

Result<std::optional<InboxRecord>> find_login(sqlite::Database& database, std::string_view name)
{
    const auto login = LoginName::of(name);
    if (login.address) return read_one(database.ask(by_address, login.address->text()), &read_record);
    if (login.shell_login) return read_one(database.ask(by_shell_login, *login.shell_login), &read_record);
    return std::nullopt;
}

Result<bool> find_sender(sqlite::Database& database, const InboxId& id, const Address& address)
{
    auto rows = database.ask("SELECT 1 FROM address a JOIN domain d ON d.id = a.domain"
                             " WHERE a.address = $1 AND a.inbox = $2 AND d.state = 'active'",
                             address.text(), id);
    if (!rows) return pass(rows);
    return rows->next();
}

} // namespace metka::directory
