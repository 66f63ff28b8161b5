#include "daemon/auth/secrets.h"

#include <array>

#include "core/directory/migrations.h"
#include "core/directory/sqlite_file.h"

namespace metka::auth {

namespace {

using namespace std::chrono_literals;

constexpr std::array<sqlite::Sql, 1> steps{R"sql(
CREATE TABLE password (
    account BLOB NOT NULL PRIMARY KEY CHECK (length(account) = 16),
    hash TEXT NOT NULL,
    changed INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

PRAGMA user_version = 1;
)sql"};
constexpr sqlite::Migrations migrations{.what = "secrets", .steps = steps};

} // namespace

Result<Secrets> Secrets::open(const std::string& path)
{
    const auto made = sqlite::make_file(path, {.mode = 0600});
    if (!made) return pass(made);
    auto database = sqlite::Database::open(path, {.access = sqlite::Access::read_write, .patience = 1s});
    if (!database) return pass(database);
    auto ready =
        database->execute("PRAGMA secure_delete = ON"); // an old hash is overwritten, not just let go
    if (ready) ready = sqlite::migrate(*database, migrations);
    if (!ready) return pass(ready);
    return Secrets(std::move(*database));
}

Result<std::optional<std::string>> Secrets::hash_of(const InboxId& account)
{
    auto rows = database_.ask("SELECT hash FROM password WHERE account = $1", account);
    if (!rows) return pass(rows);
    const auto row = rows->next();
    if (!row) return pass(row);
    return *row ? std::optional(rows->text(0)) : std::nullopt;
}

Result<void> Secrets::set(const InboxId& account, const std::string& hash, Instant now)
{
    const auto done = database_.run("INSERT INTO password (account, hash, changed) VALUES ($1, $2, $3)"
                                    " ON CONFLICT (account) DO UPDATE SET hash = $2, changed = $3",
                                    account, hash, now);
    if (!done) return pass(done);
    return {};
}

Result<void> Secrets::set(const std::vector<login::KeptHash>& hashes, Instant now)
{
    auto transaction = sqlite::Transaction::begin(database_);
    if (!transaction) return pass(transaction);
    for (const auto& each : hashes) {
        const auto done = set(each.account, std::string(each.hash.reveal()), now);
        if (!done) return done;
    }
    return transaction->commit();
}

Result<void> Secrets::remove(const InboxId& account)
{
    const auto done = database_.run("DELETE FROM password WHERE account = $1", account);
    if (!done) return pass(done);
    return {};
}

} // namespace metka::auth
