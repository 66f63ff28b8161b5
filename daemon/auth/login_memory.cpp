#include "daemon/auth/login_memory.h"

#include <array>

#include "daemon/auth/memory_file.h"

namespace metka::auth {

namespace {

// key: 16 bytes, all zero for the main password. service: login::Service.
constexpr std::array<sqlite::Sql, 1> steps{R"sql(
CREATE TABLE login (
    account BLOB NOT NULL CHECK (length(account) = 16),
    key BLOB NOT NULL CHECK (length(key) = 16),
    service INTEGER NOT NULL,
    at INTEGER NOT NULL,
    peer TEXT NOT NULL,
    PRIMARY KEY (account, key, service)
) STRICT, WITHOUT ROWID;

PRAGMA user_version = 1;
)sql"};
constexpr sqlite::Migrations migrations{.what = "logins", .steps = steps};

} // namespace

Result<std::unique_ptr<LoginMemory>> LoginMemory::open(const std::string& path)
{
    auto database = open_memory(path, migrations);
    if (!database) return pass(database);
    return std::unique_ptr<LoginMemory>(new LoginMemory(std::move(*database)));
}

Result<void> LoginMemory::erase(const ForgottenLogins& forgotten)
{
    const auto done = database_.run("DELETE FROM login WHERE account = $1 AND ($2 IS NULL OR key = $2)",
                                    forgotten.account, forgotten.key);
    if (!done) return pass(done);
    return {};
}

Result<void> LoginMemory::keep(const AccountLogin& noted)
{
    const auto& login = noted.login;
    const auto done = database_.run(
        "INSERT INTO login (account, key, service, at, peer) VALUES ($1, $2, $3, $4, $5)"
        " ON CONFLICT (account, key, service) DO UPDATE SET at = $4, peer = $5 WHERE at < $4",
        noted.account, login.key, static_cast<std::int64_t>(login.service), login.at, login.peer);
    if (!done) return pass(done);
    return {};
}

Result<void> LoginMemory::write(const LoginBook::Unsaved& unsaved)
{
    const std::scoped_lock lock(mutex_);
    auto transaction = sqlite::Transaction::begin(database_);
    if (!transaction) return pass(transaction);
    for (const auto& each : unsaved.forgotten) {
        const auto erased = erase(each);
        if (!erased) return erased;
    }
    for (const auto& each : unsaved.noted) {
        const auto kept = keep(each);
        if (!kept) return kept;
    }
    return transaction->commit();
}

Result<std::vector<AccountLogin>> LoginMemory::newest(std::size_t most)
{
    const std::scoped_lock lock(mutex_);
    const auto trimmed =
        database_.run("DELETE FROM login WHERE (account, key, service) IN"
                      " (SELECT account, key, service FROM login ORDER BY at DESC LIMIT -1 OFFSET $1)",
                      static_cast<std::uint64_t>(most));
    if (!trimmed) return pass(trimmed);
    return read(database_.ask("SELECT account, key, service, at, peer FROM login ORDER BY at DESC"));
}

Result<std::vector<AccountLogin>> LoginMemory::of(const InboxId& account)
{
    const std::scoped_lock lock(mutex_);
    return read(
        database_.ask("SELECT account, key, service, at, peer FROM login WHERE account = $1", account));
}

Result<std::vector<AccountLogin>> LoginMemory::read(Result<sqlite::Rows> rows)
{
    if (!rows) return pass(rows);
    std::vector<AccountLogin> kept;
    for (;;) {
        const auto row = rows->next();
        if (!row) return pass(row);
        if (!*row) return kept;
        const auto service = rows->number(2);
        if (service < 0 || service >= static_cast<std::int64_t>(login::Service::count_)) continue;
        kept.push_back({.account = InboxId(rows->id(0)),
                        .login = {.key = rows->id(1),
                                  .service = static_cast<login::Service>(service),
                                  .at = from_unix_ms(rows->number(3)),
                                  .peer = rows->text(4)}});
    }
}

} // namespace metka::auth
