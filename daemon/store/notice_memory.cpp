#include "daemon/store/notice_memory.h"

#include <array>
#include <limits>

#include "core/directory/migrations.h"
#include "core/directory/sqlite_file.h"

namespace metka::store {

namespace {

using namespace std::chrono_literals;
using maildir::Notice;

constexpr sqlite::Sql first_tables = R"sql(
CREATE TABLE notice (
    place INTEGER PRIMARY KEY AUTOINCREMENT,
    inbox BLOB NOT NULL CHECK (length(inbox) = 16),
    login TEXT NOT NULL,
    notice INTEGER NOT NULL,
    about TEXT NOT NULL,
    days INTEGER NOT NULL,
    round INTEGER NOT NULL,
    at INTEGER NOT NULL,
    UNIQUE (inbox, notice, about, days, round)
) STRICT;

CREATE TABLE filling (
    inbox BLOB NOT NULL PRIMARY KEY CHECK (length(inbox) = 16),
    round INTEGER NOT NULL,
    told INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

PRAGMA user_version = 1;
)sql";

const sqlite::Migrations& memory_migrations()
{
    static constexpr std::array steps{first_tables};
    static const sqlite::Migrations migrations{.what = "notices", .steps = steps};
    return migrations;
}

std::int64_t number(Notice notice)
{
    return static_cast<std::int64_t>(notice);
}

std::int64_t number(std::uint64_t count)
{
    constexpr auto most = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    return static_cast<std::int64_t>(std::min(count, most));
}

} // namespace

NoticeMemory::NoticeMemory(NoticeMemory&& other) noexcept
    : database_(std::move(other.database_)), fillings_(std::move(other.fillings_))
{
}

Result<NoticeMemory> NoticeMemory::open(const std::string& path)
{
    const auto made = sqlite::make_file(path, {.mode = 0600});
    if (!made) return pass(made);
    auto database = sqlite::Database::open(path, {.access = sqlite::Access::read_write, .patience = 2s});
    if (!database) return pass(database);
    const auto migrated = sqlite::migrate(*database, memory_migrations());
    if (!migrated) return pass(migrated);
    NoticeMemory memory(std::move(*database));
    const auto loaded = memory.load();
    if (!loaded) return pass(loaded);
    return memory;
}

Result<void> NoticeMemory::load()
{
    auto rows = database_.ask("SELECT inbox, round, told FROM filling");
    if (!rows) return pass(rows);
    for (;;) {
        const auto row = rows->next();
        if (!row) return pass(row);
        if (!*row) return {};
        fillings_[InboxId(rows->id(0))] = {.round = static_cast<std::uint64_t>(rows->number(1)),
                                           .is_told = rows->number(2) != 0};
    }
}

Result<std::optional<Instant>> NoticeMemory::find(const NoticeKey& key)
{
    const std::scoped_lock lock(mutex_);
    auto rows = database_.ask("SELECT at FROM notice WHERE inbox = $1 AND notice = $2 AND about = $3 "
                              "AND days = $4 ORDER BY round DESC LIMIT 1",
                              key.inbox, number(key.notice), key.about, number(key.days));
    if (!rows) return pass(rows);
    const auto row = rows->next();
    if (!row) return pass(row);
    if (!*row) return std::nullopt;
    return from_unix_ms(rows->number(0));
}

Result<void> NoticeMemory::add(const NoticeKey& key, const std::string& login, Instant at)
{
    const std::scoped_lock lock(mutex_);
    auto transaction = sqlite::Transaction::begin(database_);
    if (!transaction) return pass(transaction);
    const auto added = database_.run("INSERT INTO notice (inbox, login, notice, about, days, round, at) "
                                     "VALUES ($1, $2, $3, $4, $5, $6, $7)",
                                     key.inbox, login, number(key.notice), key.about, number(key.days),
                                     number(key.round), at);
    if (!added) return pass(added);
    if (key.notice != Notice::nearly_full) return transaction->commit();
    const Filling told{.round = key.round, .is_told = true};
    auto noted = note(key.inbox, told);
    if (noted) noted = transaction->commit();
    if (noted) fillings_[key.inbox] = told;
    return noted;
}

Result<std::vector<maildir::NoticeRow>> NoticeMemory::list(const InboxId& inbox, std::uint64_t before,
                                                           std::size_t most)
{
    const std::scoped_lock lock(mutex_);
    const auto behind = before == 0 ? std::numeric_limits<std::int64_t>::max() : number(before);
    auto rows = database_.ask("SELECT place, inbox, login, notice, about, days, at FROM notice "
                              "WHERE place < $1 AND ($2 = 1 OR inbox = $3) ORDER BY place DESC LIMIT $4",
                              behind, std::int64_t{inbox.empty() ? 1 : 0}, inbox, number(most));
    if (!rows) return pass(rows);
    std::vector<maildir::NoticeRow> list;
    for (;;) {
        const auto row = rows->next();
        if (!row) return pass(row);
        if (!*row) return list;
        maildir::NoticeRow notice;
        notice.place = static_cast<std::uint64_t>(rows->number(0));
        notice.inbox = InboxId(rows->id(1));
        notice.login = rows->text(2);
        notice.notice =
            static_cast<Notice>(std::clamp<std::int64_t>(rows->number(3), 0, number(Notice::count_) - 1));
        notice.about = rows->text(4);
        notice.days = static_cast<std::uint64_t>(rows->number(5));
        notice.at = static_cast<std::uint64_t>(rows->number(6));
        list.push_back(std::move(notice));
    }
}

NoticeMemory::Filling NoticeMemory::filling(const InboxId& inbox) const
{
    const std::scoped_lock lock(mutex_);
    const auto found = fillings_.find(inbox);
    return found == fillings_.end() ? Filling{} : found->second;
}

Result<void> NoticeMemory::end_round(const InboxId& inbox)
{
    const std::scoped_lock lock(mutex_);
    const auto found = fillings_.find(inbox);
    if (found == fillings_.end() || !found->second.is_told) return {};
    const Filling next{.round = found->second.round + 1, .is_told = false};
    auto noted = note(inbox, next);
    if (noted) found->second = next;
    return noted;
}

Result<void> NoticeMemory::note(const InboxId& inbox, const Filling& filling)
{
    const auto noted = database_.run("INSERT INTO filling (inbox, round, told) VALUES ($1, $2, $3) "
                                     "ON CONFLICT (inbox) DO UPDATE SET round = $2, told = $3",
                                     inbox, number(filling.round), std::int64_t{filling.is_told ? 1 : 0});
    if (!noted) return pass(noted);
    return {};
}

} // namespace metka::store
