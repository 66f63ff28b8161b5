#include "core/directory/sqlite_directory.h"

#include <concepts>

#include "core/directory/lookups.h"
#include "core/directory/schema.h"
#include "core/directory/sqlite_registry.h"

namespace metka::directory {

namespace {

using namespace std::chrono_literals;

Result<sqlite::Database> open_for_reading(const std::string& path)
{
    auto database = sqlite::Database::open(path, {.access = sqlite::Access::read, .patience = 100ms});
    if (!database) return database;
    const auto known = sqlite::check_version(*database, directory_migrations());
    if (!known) return pass(known);
    return database;
}

class SqliteDirectory final : public Directory {
  public:
    explicit SqliteDirectory(sqlite::Database database)
        : path_(database.path()), database_(std::move(database))
    {
    }

    Result<std::optional<RecipientRecord>> recipient(const Address& address) override
    {
        return answered([&](sqlite::Database& database) { return find_recipient(database, address); });
    }
    Result<std::optional<InboxRecord>> inbox(const InboxId& id) override
    {
        return answered([&](sqlite::Database& database) { return find_inbox(database, id); });
    }
    Result<std::optional<InboxRecord>> login(std::string_view name) override
    {
        return answered([&](sqlite::Database& database) { return find_login(database, name); });
    }
    Result<bool> may_send_as(const InboxId& id, const Address& address) override
    {
        return answered([&](sqlite::Database& database) { return find_sender(database, id, address); });
    }
    Result<bool> protects_senders(const DomainName& domain) override
    {
        return answered([&](sqlite::Database& database) { return find_protection(database, domain); });
    }
    Result<std::optional<SendingRecord>> sending(const InboxId& id) override
    {
        return answered([&](sqlite::Database& database) { return find_sending(database, id); });
    }
    Result<std::optional<SpaceRecord>> space(const InboxId& shell) override
    {
        return answered([&](sqlite::Database& database) { return find_space(database, shell); });
    }

  private:
    template <std::invocable<sqlite::Database&> Lookup>
    std::invoke_result_t<Lookup, sqlite::Database&> answered(const Lookup& lookup)
    {
        if (database_) {
            auto answer = lookup(*database_);
            if (answer) return answer;
            database_.reset();
        }
        auto again = open_for_reading(path_);
        if (!again) return fail(Fault::unavailable, "{}", again.error().text);
        database_ = std::move(*again);
        auto answer = lookup(*database_);
        if (!answer) return fail(Fault::unavailable, "{}", answer.error().text);
        return answer;
    }

    std::string path_;
    std::optional<sqlite::Database> database_;
};

} // namespace

Result<std::unique_ptr<Registry>> open_registry(const std::string& path, const sqlite::Ownership& ownership)
{
    const auto made = sqlite::make_file(path, ownership);
    if (!made) return pass(made);
    auto database = sqlite::Database::open(path, {.access = sqlite::Access::read_write, .patience = 2s});
    if (!database) return pass(database);
    const auto migrated = sqlite::migrate(*database, directory_migrations());
    if (!migrated) return pass(migrated);
    return std::make_unique<SqliteRegistry>(std::move(*database));
}

Result<std::unique_ptr<Directory>> open_directory(const std::string& path)
{
    auto database = open_for_reading(path);
    if (!database) return pass(database);
    return std::make_unique<SqliteDirectory>(std::move(*database));
}

} // namespace metka::directory
