#include "daemon/auth/memory_file.h"

#include <chrono>

#include "core/directory/sqlite_file.h"

namespace metka::auth {

Result<sqlite::Database> open_memory(const std::string& path, const sqlite::Migrations& migrations)
{
    constexpr std::chrono::seconds patience(1);
    const auto made = sqlite::make_file(path, {.mode = 0600});
    if (!made) return pass(made);
    auto database =
        sqlite::Database::open(path, {.access = sqlite::Access::read_write, .patience = patience});
    if (!database) return pass(database);
    auto ready = sqlite::migrate(*database, migrations);
    if (ready) ready = database->execute("PRAGMA synchronous = NORMAL");
    if (!ready) return pass(ready);
    return database;
}

} // namespace metka::auth
