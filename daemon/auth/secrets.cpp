#include "daemon/auth/secrets.h"

#include <array>

#include "core/directory/migrations.h"
#include "core/directory/sqlite_file.h"

namespace metka::auth {

namespace {

using namespace std::chrono_literals;

constexpr std::array<sqlite::Sql, 2> steps{R"sql(
CREATE TABLE password (
    account BLOB NOT NULL PRIMARY KEY CHECK (length(account) = 16),
    hash TEXT NOT NULL,
    changed INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

PRAGMA user_version = 1;
)sql",
                                           R"sql(
CREATE TABLE app_password (
    account BLOB NOT NULL CHECK (length(account) = 16),
    digest TEXT NOT NULL CHECK (length(digest) = 64),
    id BLOB NOT NULL CHECK (length(id) = 16),
    name TEXT NOT NULL,
    made INTEGER NOT NULL,
    until TEXT,
    ends INTEGER,
    PRIMARY KEY (account, digest),
    UNIQUE (account, name),
    CHECK ((until IS NULL) = (ends IS NULL))
) STRICT, WITHOUT ROWID;

PRAGMA user_version = 2;
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

Result<bool> Secrets::replace(const InboxId& account, const std::string& before, const std::string& hash)
{
    const auto done = database_.run("UPDATE password SET hash = $3 WHERE account = $1 AND hash = $2", account,
                                    before, hash);
    if (!done) return pass(done);
    return *done != 0;
}

Result<void> Secrets::remove(const InboxId& account)
{
    auto transaction = sqlite::Transaction::begin(database_);
    if (!transaction) return pass(transaction);
    const auto main = database_.run("DELETE FROM password WHERE account = $1", account);
    if (!main) return pass(main);
    const auto others = database_.run("DELETE FROM app_password WHERE account = $1", account);
    if (!others) return pass(others);
    return transaction->commit();
}

Result<std::vector<AppPassword>> Secrets::app_passwords(const InboxId& account)
{
    auto rows = database_.ask(
        "SELECT id, name, made, until, ends FROM app_password WHERE account = $1 ORDER BY name", account);
    if (!rows) return pass(rows);
    std::vector<AppPassword> all;
    for (;;) {
        const auto row = rows->next();
        if (!row) return pass(row);
        if (!*row) return all;
        AppPassword each{.id = AppPasswordId(rows->id(0)),
                         .name = rows->text(1),
                         .validity = {},
                         .made = from_unix_ms(rows->number(2))};
        if (!rows->is_null(3)) {
            const auto until = Date::parse(rows->text(3));
            if (!until) return pass(until);
            each.validity = Validity{.until = *until, .ends = from_unix_ms(rows->number(4))};
        }
        all.push_back(std::move(each));
    }
}

Result<void> Secrets::add(const InboxId& account, const AppPassword& made, const std::string& digest)
{
    auto transaction = sqlite::Transaction::begin(database_);
    if (!transaction) return pass(transaction);
    const auto present = app_passwords(account);
    if (!present) return pass(present);
    std::vector<std::string> names;
    names.reserve(present->size());
    for (const auto& each : *present)
        names.push_back(each.name);
    const auto may = may_add_app_password(names, made.name);
    if (!may) return may;
    std::optional<std::string> until;
    std::optional<Instant> ends;
    if (made.validity) {
        until = made.validity->until.text();
        ends = made.validity->ends;
    }
    const auto done = database_.run("INSERT INTO app_password (account, digest, id, name, made, until, ends)"
                                    " VALUES ($1, $2, $3, $4, $5, $6, $7)",
                                    account, digest, made.id, made.name, made.made, until, ends);
    if (!done) return pass(done);
    return transaction->commit();
}

Result<std::optional<AppKey>> Secrets::app_password(const InboxId& account, const std::string& digest,
                                                    Instant now)
{
    auto rows = database_.ask("SELECT id, name, ends FROM app_password WHERE account = $1 AND digest = $2",
                              account, digest);
    if (!rows) return pass(rows);
    const auto row = rows->next();
    if (!row) return pass(row);
    if (!*row || (!rows->is_null(2) && now >= from_unix_ms(rows->number(2)))) return std::optional<AppKey>();
    return AppKey{.id = AppPasswordId(rows->id(0)), .name = rows->text(1)};
}

Result<std::vector<AppPassword>> Secrets::remove_app_passwords(const InboxId& account)
{
    auto transaction = sqlite::Transaction::begin(database_);
    if (!transaction) return pass(transaction);
    auto all = app_passwords(account);
    if (!all) return pass(all);
    const auto gone = database_.run("DELETE FROM app_password WHERE account = $1", account);
    if (!gone) return pass(gone);
    const auto committed = transaction->commit();
    if (!committed) return pass(committed);
    return all;
}

Result<AppPasswordId> Secrets::remove_app_password(const InboxId& account, const std::string& name)
{
    auto rows = database_.ask("DELETE FROM app_password WHERE account = $1 AND name = $2 RETURNING id",
                              account, name);
    if (!rows) return pass(rows);
    const auto row = rows->next();
    if (!row) return pass(row);
    if (!*row) return fail(Fault::not_found, "there is no app password “{}”", name);
    const AppPasswordId id(rows->id(0));
    const auto whole = rows->next(); // the change is durable when the statement has ended
    if (!whole) return pass(whole);
    return id;
}

} // namespace metka::auth
