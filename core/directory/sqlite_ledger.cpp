// What was done and what was noted: audit, changes and batches of them, sweeps, quarantine, what was removed.

#include "core/directory/keys.h"
#include "core/directory/rows.h"
#include "core/directory/sqlite_changes.h"
#include "core/directory/sqlite_registry.h"

namespace metka::directory {

using sqlite::joined;

namespace {

constexpr sqlite::Literal newest_first = " ORDER BY place DESC LIMIT $1";
constexpr auto audit_of_all = joined<select_audit, newest_first>;
constexpr auto audit_of_subject = joined<select_audit, " WHERE subject = $2", newest_first>;
constexpr auto audit_of_both =
    joined<select_audit, " WHERE subject = $2 AND (+actor = $3 OR +acting_as = $3)", newest_first>;
// Each index gives its newest; together they hold the newest of both.
constexpr auto audit_of_actor =
    joined<select_audit,
           " WHERE place IN (SELECT * FROM"
           " (SELECT place FROM audit WHERE actor = $2 ORDER BY place DESC LIMIT $1)"
           " UNION SELECT * FROM (SELECT place FROM audit WHERE acting_as = $2 AND acting_as <> ''"
           " ORDER BY place DESC LIMIT $1))",
           newest_first>;

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

Result<Instant> read_first_instant(const sqlite::Rows& row)
{
    return read_instant(row, 0);
}

std::string_view word(Sweep sweep)
{
    return sweep == Sweep::expiry ? "expiry" : "quota";
}

template <class... Values>
Result<void> noted(sqlite::Database& database, sqlite::Sql sql, const Values&... values)
{
    const auto changed = database.run(sql, values...);
    if (!changed) return pass(changed);
    return {};
}

// Sets a flag of the registry for as long as it lives.
class Raised {
  public:
    explicit Raised(bool& flag) : flag_(flag) { flag_ = true; }
    ~Raised() { flag_ = false; }
    Raised(const Raised&) = delete;
    Raised& operator=(const Raised&) = delete;

  private:
    bool& flag_;
};

} // namespace

class SqliteRegistry::OpenBatch final : public Batch {
  public:
    OpenBatch(SqliteRegistry& registry, sqlite::Transaction transaction)
        : registry_(registry), transaction_(std::move(transaction))
    {
        registry_.batching_ = true;
    }
    ~OpenBatch() override
    {
        if (!finished_) registry_.batching_ = false;
    }
    OpenBatch(const OpenBatch&) = delete;
    OpenBatch& operator=(const OpenBatch&) = delete;
    Result<void> finish() override
    {
        if (finished_) return fail(Fault::internal, "a batch is finished once");
        if (registry_.changing_) return fail(Fault::internal, "a batch is finished inside a change");
        const auto done = transaction_.commit();
        finished_ = done.has_value();
        if (finished_) registry_.batching_ = false;
        return done;
    }

  private:
    SqliteRegistry& registry_;
    sqlite::Transaction transaction_;
    bool finished_ = false;
};

Result<std::unique_ptr<Registry::Batch>> SqliteRegistry::batch()
{
    if (batching_ || changing_) return fail(Fault::internal, "a batch inside a batch or a change");
    auto transaction = sqlite::Transaction::begin(database_);
    if (!transaction) return pass(transaction);
    return std::make_unique<OpenBatch>(*this, std::move(*transaction));
}

Result<void> SqliteRegistry::change_in_place(AuditEntry& entry,
                                             const std::function<Result<void>(Changes&)>& work)
{
    SqliteChanges changes(*this, database_);
    const auto worked = work(changes);
    if (!worked) return worked;
    if (!changes.refused()) return changes.refused();
    return add_audit(database_, entry);
}

Result<void> SqliteRegistry::change(AuditEntry& entry, const std::function<Result<void>(Changes&)>& work)
{
    if (changing_) return fail(Fault::internal, "a change inside a change");
    const Raised raised(changing_);
    if (batching_) {
        auto savepoint = sqlite::Savepoint::begin(database_);
        if (!savepoint) return pass(savepoint);
        const auto done = change_in_place(entry, work);
        return done ? savepoint->keep() : done;
    }
    auto transaction = sqlite::Transaction::begin(database_);
    if (!transaction) return pass(transaction);
    const auto done = change_in_place(entry, work);
    return done ? transaction->commit() : done;
}

Result<std::vector<AuditEntry>> SqliteRegistry::audit(const AuditQuery& query)
{
    const auto most = rows_at_most(query.most);
    if (query.subject.empty() && query.acting_as.empty())
        return read_all(database_.ask(audit_of_all, most), &read_audit);
    if (query.acting_as.empty())
        return read_all(database_.ask(audit_of_subject, most, query.subject), &read_audit);
    if (query.subject.empty())
        return read_all(database_.ask(audit_of_actor, most, query.acting_as), &read_audit);
    return read_all(database_.ask(audit_of_both, most, query.subject, query.acting_as), &read_audit);
}

Result<std::optional<Instant>> SqliteRegistry::newest_audit()
{
    return read_one(database_.ask("SELECT at FROM audit ORDER BY at DESC LIMIT 1"), &read_first_instant);
}

Result<std::optional<Quarantine>> SqliteRegistry::quarantine(const Address& address)
{
    return read_one(database_.ask(joined<select_quarantine, " WHERE address = $1">, address.text()),
                    &read_quarantine);
}

Result<std::vector<Removed>> SqliteRegistry::removed()
{
    return read_all(database_.ask(joined<select_removed, " ORDER BY removed, inbox">), &read_removed);
}

Result<bool> SqliteRegistry::was_anothers(const DomainName& name, const CustomerId& now)
{
    auto rows = database_.ask("SELECT 1 FROM past_domain WHERE name = $1 AND customer <> $2 LIMIT 1",
                              name.text(), now);
    if (!rows) return pass(rows);
    return rows->next();
}

Result<std::optional<Instant>> SqliteRegistry::last_sweep(Sweep sweep)
{
    return read_one(database_.ask("SELECT ended FROM sweep WHERE kind = $1", word(sweep)),
                    &read_first_instant);
}

Result<void> SqliteRegistry::note_home(const InboxId& shell, Bytes used, Instant measured)
{
    const auto there = shell_is_there(*this, shell);
    if (!there) return there;
    return noted(database_,
                 "INSERT INTO home_usage (shell, used, measured) VALUES ($1, $2, $3)"
                 " ON CONFLICT (shell) DO UPDATE SET used = excluded.used, measured = excluded.measured",
                 shell, used, measured);
}

Result<void> SqliteRegistry::note_sweep(Sweep sweep, Instant ended)
{
    return noted(database_,
                 "INSERT INTO sweep (kind, ended) VALUES ($1, $2)"
                 " ON CONFLICT (kind) DO UPDATE SET ended = excluded.ended",
                 word(sweep), ended);
}

Result<void> SqliteRegistry::end_quarantines(Instant now)
{
    return noted(database_, "DELETE FROM quarantine WHERE until <= $1", now);
}

Result<std::vector<Move>> SqliteRegistry::moves()
{
    return read_all(database_.ask(joined<select_move, " ORDER BY since, mailbox">), &read_move);
}

Result<std::vector<Move>> SqliteRegistry::moves_of(const InboxId& id)
{
    return read_all(
        database_.ask(joined<select_move, " WHERE mailbox = $1 OR from_shell = $1 OR to_shell = $1">, id),
        &read_move);
}

Result<void> SqliteRegistry::note_move(const Move& move)
{
    const auto may = may_note(*this, move);
    if (!may) return may;
    return noted(database_,
                 "INSERT OR REPLACE INTO move (mailbox, from_shell, to_shell, since, closed)"
                 " VALUES ($1, $2, $3, $4, $5)",
                 move.mailbox, move.from, move.to, move.since, std::uint32_t{move.closed});
}

Result<void> SqliteRegistry::end_move(const InboxId& mailbox)
{
    return noted(database_, "DELETE FROM move WHERE mailbox = $1", mailbox);
}

Result<std::vector<SwitchEntry>> SqliteRegistry::switches(std::size_t most)
{
    return read_all(database_.ask(joined<select_switch, newest_first>, rows_at_most(most)), &read_switch);
}

Result<void> SqliteRegistry::note_switch(const SwitchEntry& entry)
{
    const auto may = check(entry);
    if (!may) return may;
    return noted(database_,
                 "INSERT INTO switch (id, at, from_generation, to_generation, actor_uid, actor, acting_as,"
                 " cause, reason, outcome, message, input)"
                 " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)"
                 " ON CONFLICT (id) DO UPDATE SET at = excluded.at,"
                 " from_generation = excluded.from_generation, to_generation = excluded.to_generation,"
                 " actor_uid = excluded.actor_uid, actor = excluded.actor, acting_as = excluded.acting_as,"
                 " cause = excluded.cause, reason = excluded.reason, outcome = excluded.outcome,"
                 " message = excluded.message, input = excluded.input",
                 entry.id, entry.at, entry.from, entry.to, entry.actor_uid, entry.actor, entry.acting_as,
                 entry.cause, entry.reason, entry.outcome, entry.message, entry.input);
}

} // namespace metka::directory
