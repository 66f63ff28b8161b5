#pragma once
// The one door to SQLite (its C API; measured 660,000 keyed reads a CPU second, 143,000 through Poco's
// sessions).
//
//     auto rows = database.ask("SELECT id, state FROM domain WHERE name = $1", name.text());
//     const auto there = rows->next();          // a row, no row, or why nobody can say
//     if (there && *there) use(rows->id(0), rows->text(1));
//
// Faults: unavailable (busy, away, disk full: try again), conflict (a constraint), invalid (text with a NUL
// or no UTF-8, a number beyond 63 bits), io (damaged, refused by the kernel), internal (a mistake in a
// statement, or a statement asked again while its rows are still being read). A database serves one thread at
// a time and outlives its rows.

#include <array>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

#include "core/base/result.h"
#include "core/directory/sql.h"
#include "core/directory/statement.h"

struct sqlite3;

namespace metka::sqlite {

enum class Access { read, read_write };

struct Opening {
    Access access = Access::read;
    std::chrono::milliseconds patience{250}; // how long a busy database is waited for
};

// Which commit a database is at: while two of them are equal, nobody has committed anything in between,
// neither we nor another process.
class CommitMark {
  public:
    static constexpr std::size_t size =
        48; // of the header of the WAL index, https://sqlite.org/walformat.html
    explicit CommitMark(const std::array<unsigned char, size>& header) : header_(header) {}
    bool operator==(const CommitMark&) const = default;

  private:
    std::array<unsigned char, size> header_;
};

class Database {
  public:
    // The file must exist. Opened for writing: WAL, foreign keys enforced, and a commit survives a loss of
    // power.
    static Result<Database> open(const std::string& path, Opening opening);

    // A statement is prepared when it is first met, and kept.
    template <class... Values>
    Result<Rows> ask(Sql sql, const Values&... values)
    {
        const auto kept = statement(sql);
        if (!kept) return pass(kept);
        return (*kept)->ask(values...);
    }
    // For a statement that gives no rows: the number of rows it changed.
    template <class... Values>
    Result<std::uint64_t> run(Sql sql, const Values&... values)
    {
        const auto kept = statement(sql);
        if (!kept) return pass(kept);
        return (*kept)->run(values...);
    }
    Result<void> execute(Sql script); // several statements, without values
    bool in_transaction() const;      // false too after SQLite gave one up by itself, on a full disk say
    // Read from memory that all processes share: no system call, and as new as what ask() would see. None:
    // somebody is just committing, or the database has no WAL, so that nobody can say.
    std::optional<CommitMark> commit_mark() const;
    const std::string& path() const { return path_; }

  private:
    struct Closed {
        void operator()(sqlite3* database) const;
    };
    Database(sqlite3* database, std::string path) : database_(database), path_(std::move(path)) {}
    Result<Statement*> statement(Sql sql);
    Result<bool> is_logged_ahead(); // has a WAL

    bool has_wal_ = false;
    std::unique_ptr<sqlite3, Closed> database_;
    std::unordered_map<const char*, Statement> statements_; // a literal is known by where it lies
    std::string path_;
};

// Everything between begin() and commit() happens, durably, or nothing does.
class Transaction {
  public:
    static Result<Transaction> begin(Database& database); // takes the write lock at once
    Transaction(Transaction&& other) noexcept : database_(std::exchange(other.database_, nullptr)) {}
    Transaction& operator=(Transaction&&) = delete;
    ~Transaction(); // rolls back what was not committed
    Result<void> commit();

  private:
    explicit Transaction(Database& database) : database_(&database) {}
    Database* database_;
};

// A transaction within one: what comes after begin() stays in the outer one if it is kept, and is undone
// alone if it is not.
class Savepoint {
  public:
    static Result<Savepoint> begin(Database& database); // internal where no transaction is open
    Savepoint(Savepoint&& other) noexcept : database_(std::exchange(other.database_, nullptr)) {}
    Savepoint& operator=(Savepoint&&) = delete;
    ~Savepoint();
    Result<void> keep();

  private:
    explicit Savepoint(Database& database) : database_(&database) {}
    Database* database_;
};

} // namespace metka::sqlite
