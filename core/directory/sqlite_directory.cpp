#include "core/directory/sqlite_directory.h"

#include <concepts>

#include <sys/stat.h>

#include "core/directory/kept_answers.h"
#include "core/directory/lookups.h"
#include "core/directory/schema.h"
#include "core/directory/sqlite_registry.h"

namespace metka::directory {

namespace {

using namespace std::chrono_literals;

// Which file lies under a path; none does: no number is one's.
struct FileNumber {
    dev_t device = 0;
    ino_t inode = 0;
    bool operator==(const FileNumber&) const = default;
};

FileNumber number_of(const std::string& path)
{
    struct stat status{};
    if (stat(path.c_str(), &status) != 0) return {};
    return {.device = status.st_dev, .inode = status.st_ino};
}

struct FileNumbers {
    FileNumber database, wal;
};

FileNumbers numbers_of(const std::string& path)
{
    return {.database = number_of(path), .wal = number_of(path + "-wal")};
}

Result<sqlite::Database> open_for_reading(const std::string& path)
{
    auto database = sqlite::Database::open(path, {.access = sqlite::Access::read, .patience = 100ms});
    if (!database) return database;
    const auto known = sqlite::check_version(*database, directory_migrations());
    if (!known) return pass(known);
    return database;
}

// What was asked since the last commit, one of them for each question of Directory.
struct Answers {
    KeptAnswers<std::string, std::optional<RecipientRecord>> recipients; // by address
    KeptAnswers<InboxId, std::optional<InboxRecord>> inboxes;
    KeptAnswers<std::string, std::optional<InboxRecord>> logins;
    KeptAnswers<std::string, bool> senders; // by sender_key()
    KeptAnswers<std::string, bool> protections;
    KeptAnswers<InboxId, std::optional<SendingRecord>> sendings;
    KeptAnswers<InboxId, std::optional<SpaceRecord>> spaces;
};

std::string sender_key(const InboxId& id, const Address& address)
{
    std::string key(id.bytes().begin(), id.bytes().end());
    return key += address.text();
}

bool is_worth_keeping(bool /*either*/)
{
    return true;
}

template <class Record>
bool is_worth_keeping(const std::optional<Record>& answer)
{
    return answer.has_value();
}

bool is_worth_keeping(const std::optional<RecipientRecord>& answer) // a domain of ours, and nobody there: not
{
    return answer && answer->inbox;
}

// A busy server asks the same questions again and again, and each costs SQLite more than all the rest of a
// RCPT: so answers are remembered until somebody commits. That is looked at before each of them, so none is
// ever older than what SQLite would say. A name that is not there is not remembered: whoever guesses must not
// drive out those that exist. A yes or a no is, either way.
class SqliteDirectory final : public Directory {
  public:
    SqliteDirectory(sqlite::Database database, const FileNumbers& opened,
                    std::chrono::milliseconds longest_memory)
        : path_(database.path()),
          database_(std::move(database)),
          opened_(opened),
          longest_memory_(longest_memory)
    {
    }

    Result<std::optional<RecipientRecord>> recipient(const Address& address) override
    {
        const auto lookup = [&](sqlite::Database& database) { return find_recipient(database, address); };
        return remembered(answers_.recipients, address.text(), lookup);
    }
    Result<std::optional<InboxRecord>> inbox(const InboxId& id) override
    {
        const auto lookup = [&](sqlite::Database& database) { return find_inbox(database, id); };
        return remembered(answers_.inboxes, id, lookup);
    }
    Result<std::optional<InboxRecord>> login(std::string_view name) override
    {
        const auto lookup = [&](sqlite::Database& database) { return find_login(database, name); };
        return remembered(answers_.logins, std::string(name), lookup);
    }
    Result<bool> may_send_as(const InboxId& id, const Address& address) override
    {
        const auto lookup = [&](sqlite::Database& database) { return find_sender(database, id, address); };
        return remembered(answers_.senders, sender_key(id, address), lookup);
    }
    Result<bool> protects_senders(const DomainName& domain) override
    {
        const auto lookup = [&](sqlite::Database& database) { return find_protection(database, domain); };
        return remembered(answers_.protections, domain.text(), lookup);
    }
    Result<std::optional<SendingRecord>> sending(const InboxId& id) override
    {
        const auto lookup = [&](sqlite::Database& database) { return find_sending(database, id); };
        return remembered(answers_.sendings, id, lookup);
    }
    Result<std::optional<SpaceRecord>> space(const InboxId& shell) override
    {
        const auto lookup = [&](sqlite::Database& database) { return find_space(database, shell); };
        return remembered(answers_.spaces, shell, lookup);
    }

  private:
    template <class Key, class Answer, class Lookup>
    Result<Answer> remembered(KeptAnswers<Key, Answer>& kept, Key key, const Lookup& lookup)
    {
        forget_what_is_old();
        if (const auto* const found = kept.find(key)) return *found;
        auto answer = answered(lookup);
        const bool is_kept = answer && mark_ && is_worth_keeping(*answer);
        if (is_kept) kept.keep(std::move(key), *answer);
        return answer;
    }

    void forget_what_is_old()
    {
        const auto now = std::chrono::steady_clock::now();
        const bool has_ended = now >= ends_;
        if (has_ended) {
            leave_what_was_replaced();
            ends_ = now + longest_memory_;
        }
        const auto mark = database_ ? database_->commit_mark() : std::nullopt;
        const bool stands = mark && mark_ == mark && !has_ended;
        if (stands) return;
        answers_ = {};
        mark_ = mark;
    }

    // SQLite goes on reading the file it has opened, whatever lies under its path by now. One that took its
    // place beside the WAL of the old one is not read: they would not fit together.
    void leave_what_was_replaced()
    {
        const auto there = numbers_of(path_);
        const bool is_replaced = there.database != FileNumber{} && there.database != opened_.database;
        if (!is_replaced)
            opened_ = there;
        else if (there.wal == FileNumber{} || there.wal != opened_.wal)
            database_.reset();
    }

    template <std::invocable<sqlite::Database&> Lookup>
    std::invoke_result_t<Lookup, sqlite::Database&> answered(const Lookup& lookup)
    {
        if (database_) {
            auto answer = lookup(*database_);
            if (answer) return answer;
            database_.reset();
        }
        answers_ = {}; // they were of another file, perhaps
        mark_.reset();
        const auto there = numbers_of(path_); // before: replaced in between, it is opened once more
        auto again = open_for_reading(path_);
        if (!again) return fail(Fault::unavailable, "{}", again.error().text);
        database_ = std::move(*again);
        opened_ = there;
        auto answer = lookup(*database_);
        if (!answer) return fail(Fault::unavailable, "{}", answer.error().text);
        return answer;
    }

    std::string path_;
    std::optional<sqlite::Database> database_;
    FileNumbers opened_; // as they were when it was opened, or last looked at
    std::chrono::milliseconds longest_memory_;
    Answers answers_;
    std::optional<sqlite::CommitMark>
        mark_; // all of them were given at this commit, or later; none: keep none
    std::chrono::steady_clock::time_point ends_;
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

Result<std::unique_ptr<Directory>> open_directory(const std::string& path,
                                                  std::chrono::milliseconds longest_memory)
{
    const auto there = numbers_of(path);
    auto database = open_for_reading(path);
    if (!database) return pass(database);
    return std::make_unique<SqliteDirectory>(std::move(*database), there, longest_memory);
}

} // namespace metka::directory
