#include "daemon/auth/sending_memory.h"

#include <array>

#include "daemon/auth/memory_file.h"

namespace metka::auth {

namespace {

constexpr std::array<sqlite::Sql, 1> steps{R"sql(
CREATE TABLE sent (
    account BLOB NOT NULL CHECK (length(account) = 16),
    span INTEGER NOT NULL,
    slot INTEGER NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (account, span, slot)
) STRICT, WITHOUT ROWID;

PRAGMA user_version = 1;
)sql"};
constexpr sqlite::Migrations migrations{.what = "sending", .steps = steps};

std::int64_t number(Window window)
{
    return static_cast<std::int64_t>(window);
}

} // namespace

Result<std::unique_ptr<SendingMemory>> SendingMemory::open(const std::string& path)
{
    auto database = open_memory(path, migrations);
    if (!database) return pass(database);
    return std::unique_ptr<SendingMemory>(new SendingMemory(std::move(*database)));
}

Result<void> SendingMemory::add(const std::vector<SlotCount>& counts, Instant now)
{
    const std::scoped_lock lock(mutex_);
    auto transaction = sqlite::Transaction::begin(database_);
    if (!transaction) return pass(transaction);
    for (const auto& each : counts) {
        const auto added =
            database_.run("INSERT INTO sent (account, span, slot, count) VALUES ($1, $2, $3, $4)"
                          " ON CONFLICT (account, span, slot) DO UPDATE SET count = count + $4",
                          each.account, number(each.window), each.slot, each.count);
        if (!added) return pass(added);
    }
    for (const auto window : {Window::hour, Window::day}) {
        const auto forgotten = database_.run("DELETE FROM sent WHERE span = $1 AND slot < $2", number(window),
                                             SendingBook::oldest_slot(window, now));
        if (!forgotten) return pass(forgotten);
    }
    return transaction->commit();
}

Result<std::vector<SlotCount>> SendingMemory::read(Result<sqlite::Rows> rows)
{
    if (!rows) return pass(rows);
    std::vector<SlotCount> counts;
    for (;;) {
        const auto row = rows->next();
        if (!row) return pass(row);
        if (!*row) return counts;
        counts.push_back({.account = InboxId(rows->id(0)),
                          .window = rows->number(1) == 0 ? Window::hour : Window::day,
                          .slot = rows->number(2),
                          .count = std::max<std::int64_t>(rows->number(3), 0)});
    }
}

Result<std::vector<SlotCount>> SendingMemory::all()
{
    const std::scoped_lock lock(mutex_);
    return read(database_.ask("SELECT account, span, slot, count FROM sent"));
}

Result<std::vector<SlotCount>> SendingMemory::of(const InboxId& account)
{
    const std::scoped_lock lock(mutex_);
    return read(database_.ask("SELECT account, span, slot, count FROM sent WHERE account = $1", account));
}

} // namespace metka::auth
