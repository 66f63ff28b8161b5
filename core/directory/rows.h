#pragma once
// Rows of the directory database as the records of the domain: the columns of each record, in the order in
// which its reader takes them. A row that cannot be read is damaged (Fault::io).

#include <algorithm>
#include <optional>
#include <vector>

#include "core/directory/directory.h"
#include "core/directory/sqlite.h"

namespace metka::directory {

inline constexpr sqlite::Literal select_customer =
    "SELECT id, name, title, contact, plan, language, standing, created FROM customer";
inline constexpr sqlite::Literal select_domain =
    "SELECT id, name, customer, kind, state, token, free_mailboxes, protect_sender, created FROM domain";
inline constexpr sqlite::Literal select_shell_account =
    "SELECT id, login, customer, uid, adopted, disk_limit, free_domain, self_service_aliases, free_mailboxes,"
    " messages_per_hour, messages_per_day, language, standing, created FROM shell_account";
inline constexpr sqlite::Literal select_mailbox =
    "SELECT m.id, m.address, m.customer, m.shell, h.name, m.capacity, m.valid_until, m.valid_ends,"
    " m.grace_days, m.notice_days, m.messages_per_hour, m.messages_per_day, m.language, m.standing, m.created"
    " FROM mailbox m LEFT JOIN host_name h ON h.inbox = m.id";
inline constexpr sqlite::Literal select_alias =
    "SELECT address, inbox, made_by, created FROM address WHERE role = 'alias'";
inline constexpr sqlite::Literal select_audit =
    "SELECT at, actor_uid, actor, acting_as, verb, subject, before, after FROM audit";
inline constexpr sqlite::Literal select_quarantine = "SELECT address, customer, until FROM quarantine";
inline constexpr sqlite::Literal select_removed =
    "SELECT inbox, shell, kind = 'shell', login, removed, purge_after, uid FROM removed";
inline constexpr sqlite::Literal select_move =
    "SELECT mailbox, from_shell, to_shell, since, closed FROM move";
inline constexpr sqlite::Literal select_switch =
    "SELECT id, at, from_generation, to_generation, actor_uid, actor, acting_as, cause, reason, outcome,"
    " message, input FROM switch";

Result<Customer> read_customer(const sqlite::Rows& row);
Result<Domain> read_domain(const sqlite::Rows& row);
Result<ShellAccount> read_shell_account(const sqlite::Rows& row);
Result<Mailbox> read_mailbox(const sqlite::Rows& row);
Result<Alias> read_alias(const sqlite::Rows& row);
Result<AuditEntry> read_audit(const sqlite::Rows& row);
Result<Quarantine> read_quarantine(const sqlite::Rows& row);
Result<Removed> read_removed(const sqlite::Rows& row);
Result<Move> read_move(const sqlite::Rows& row);
Result<SwitchEntry> read_switch(const sqlite::Rows& row);

DomainState read_domain_state(const sqlite::Rows& row, int column);
Capacity read_capacity(const sqlite::Rows& row, int column);
Instant read_instant(const sqlite::Rows& row, int column);
std::optional<std::uint64_t> read_number(const sqlite::Rows& row, int column);
Language read_language(const sqlite::Rows& row, int column);
template <class Id>
std::optional<Id> read_optional_id(const sqlite::Rows& row, int column)
{
    return row.is_null(column) ? std::nullopt : std::optional(Id(row.id(column)));
}

// A LIMIT, which to SQLite is signed.
inline std::int64_t rows_at_most(std::size_t most)
{
    return static_cast<std::int64_t>(std::min<std::size_t>(most, INT64_MAX));
}

template <class Record>
using Reader = Result<Record> (*)(const sqlite::Rows&);

template <class Record>
Result<std::optional<Record>> read_one(Result<sqlite::Rows> rows, Reader<Record> read)
{
    if (!rows) return pass(rows);
    const auto row = rows->next();
    if (!row) return pass(row);
    if (!*row) return std::nullopt;
    auto record = read(*rows);
    if (!record) return pass(record);
    return std::optional(std::move(*record));
}

template <class Record>
Result<std::vector<Record>> read_all(Result<sqlite::Rows> rows, Reader<Record> read)
{
    if (!rows) return pass(rows);
    std::vector<Record> list;
    for (auto row = rows->next();; row = rows->next()) {
        if (!row) return pass(row);
        if (!*row) return list;
        auto record = read(*rows);
        if (!record) return pass(record);
        list.push_back(std::move(*record));
    }
}

} // namespace metka::directory
