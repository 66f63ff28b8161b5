#include "core/directory/sqlite.h"

#include <atomic>
#include <utility>

#include <sqlite3.h>

namespace metka::sqlite {

namespace {

constexpr int wal_index_page = 32 * 1024; // the unit in which SQLite maps it

using Header = std::array<unsigned char, CommitMark::size>;

Header copy_of(const volatile unsigned char* from)
{
    Header header{};
    for (std::size_t i = 0; i < header.size(); ++i)
        header[i] = from[i];
    return header;
}

// Where SQLite has mapped the WAL index of an open database; null: it has not.
const volatile unsigned char* wal_index_of(sqlite3* database)
{
    sqlite3_file* file = nullptr;
    const int found =
        sqlite3_file_control(database, "main", SQLITE_FCNTL_FILE_POINTER, static_cast<void*>(&file));
    const bool maps =
        found == SQLITE_OK && file != nullptr && file->pMethods != nullptr && file->pMethods->iVersion >= 2;
    if (!maps) return nullptr;
    volatile void* index = nullptr;
    const int mapped = file->pMethods->xShmMap(file, 0, wal_index_page, 0, &index);
    const bool is_there = mapped == SQLITE_OK || mapped == SQLITE_READONLY; // as a reader may have it
    return is_there ? static_cast<const volatile unsigned char*>(index) : nullptr;
}

} // namespace

void Database::Closed::operator()(sqlite3* database) const
{
    sqlite3_close_v2(database);
}

Result<Database> Database::open(const std::string& path, Opening opening)
{
    const int access = opening.access == Access::read ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
    sqlite3* handle = nullptr;
    const int code =
        sqlite3_open_v2(path.c_str(), &handle, access | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nullptr);
    if (handle == nullptr) return fail(Fault::unavailable, "no memory to open the database {}", path);
    Database database(handle, path);
    if (code != SQLITE_OK)
        return fail(fail_sqlite(handle, code).error().fault, "cannot open the database {}: {}", path,
                    sqlite3_errmsg(handle));
    sqlite3_busy_timeout(handle, static_cast<int>(opening.patience.count()));
    sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
    sqlite3_db_config(handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
    // Mapped, pages are neither read nor copied for a look-up, however many mailboxes there are.
    auto set = database.execute("PRAGMA temp_store = MEMORY; PRAGMA foreign_keys = ON; "
                                "PRAGMA mmap_size = 1073741824;");
    // FULL: a WAL commit is fsynced before it is reported, so that an accepted command survives a loss of
    // power.
    if (set && opening.access == Access::read_write)
        set = database.execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;");
    if (!set) return pass(set);
    const auto has_wal = database.is_logged_ahead();
    if (!has_wal) return pass(has_wal);
    database.has_wal_ = *has_wal;
    return database;
}

Result<bool> Database::is_logged_ahead()
{
    auto rows = ask("PRAGMA journal_mode");
    if (!rows) return pass(rows);
    const auto row = rows->next();
    if (!row) return pass(row);
    return *row && rows->text(0) == "wal";
}

// The header stands there twice. Whoever commits writes the second before the first, and we read the first
// before the second: equal, they are of one commit.
std::optional<CommitMark> Database::commit_mark() const
{
    constexpr std::size_t is_set_up = 12; // where it says so
    const auto* const index = has_wal_ ? wal_index_of(database_.get()) : nullptr;
    if (index == nullptr) return std::nullopt;
    const auto first = copy_of(index);
    std::atomic_thread_fence(std::memory_order_seq_cst);
    const auto second = copy_of(index + CommitMark::size);
    if (first != second || first[is_set_up] == 0) return std::nullopt;
    return CommitMark(first);
}

Result<Statement*> Database::statement(Sql sql)
{
    const auto kept = statements_.find(sql.text().data());
    if (kept != statements_.end()) return &kept->second;
    sqlite3_stmt* made = nullptr;
    const char* rest = nullptr;
    const int code =
        sqlite3_prepare_v3(database_.get(), sql.text().data(), static_cast<int>(sql.text().size()),
                           SQLITE_PREPARE_PERSISTENT, &made, &rest);
    if (code != SQLITE_OK) return fail_sqlite(database_.get(), code);
    Statement prepared(made);
    if (rest != sql.text().data() + sql.text().size())
        return fail(Fault::internal, "more than one statement: {}", sql.text());
    return &statements_.emplace(sql.text().data(), std::move(prepared)).first->second;
}

Result<void> Database::execute(Sql script)
{
    const int code = sqlite3_exec(database_.get(), script.text().data(), nullptr, nullptr, nullptr);
    if (code != SQLITE_OK) return fail_sqlite(database_.get(), code);
    return {};
}

bool Database::in_transaction() const
{
    return sqlite3_get_autocommit(database_.get()) == 0;
}

Result<Transaction> Transaction::begin(Database& database)
{
    const auto begun = database.execute("BEGIN IMMEDIATE");
    if (!begun) return pass(begun);
    return Transaction(database);
}

Transaction::~Transaction()
{
    if (database_ != nullptr)
        (void)database_->execute("ROLLBACK"); // fails only where SQLite did it by itself
}

Result<void> Transaction::commit()
{
    const auto done = database_->execute("COMMIT");
    if (done) database_ = nullptr;
    return done;
}

Result<Savepoint> Savepoint::begin(Database& database)
{
    // Alone it would begin a transaction of its own, and keep() would commit what the outer one has lost.
    if (!database.in_transaction()) return fail(Fault::internal, "a savepoint outside a transaction");
    const auto begun = database.execute("SAVEPOINT change");
    if (!begun) return pass(begun);
    return Savepoint(database);
}

Savepoint::~Savepoint()
{
    if (database_ != nullptr) (void)database_->execute("ROLLBACK TO change; RELEASE change");
}

Result<void> Savepoint::keep()
{
    const auto done = database_->execute("RELEASE change");
    if (done) database_ = nullptr;
    return done;
}

} // namespace metka::sqlite
