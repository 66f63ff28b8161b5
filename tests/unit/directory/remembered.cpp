// What a reader remembers of the answers it was given, and that it never outlives a commit.

#include <doctest/doctest.h>

#include <functional>
#include <memory>
#include <vector>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/directory/kept_answers.h"
#include "core/directory/sqlite.h"
#include "core/directory/sqlite_directory.h"
#include "core/sys/descriptor.h"
#include "tests/unit/directory/folder.h"
#include "tests/unit/directory/people.h"

using namespace metka;
using namespace metka::directory;

namespace {

Result<void> set_capacity(Registry& registry, const InboxId& inbox, Bytes capacity)
{
    auto mailbox = registry.mailbox(inbox).value().value();
    mailbox.capacity = capacity;
    AuditEntry entry = by_root("test");
    return registry.change(entry, [&](Changes& changes) { return changes.set(mailbox); });
}

int in_child(const std::function<int()>& work)
{
    const pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) _exit(work());
    int status = 0;
    REQUIRE(waitpid(child, &status, 0) == child);
    return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

template <class Record>
Result<bool> found(const Result<std::optional<Record>>& answer)
{
    if (!answer) return pass(answer);
    return answer->has_value();
}

} // namespace

TEST_CASE("whatever a reader was asked before, it sees each commit of another process at once")
{
    TestFolder folder;
    const auto path = folder.file("metka.db");
    const People people;
    REQUIRE(people.move_in(*open_registry(path).value()));
    const auto directory = open_directory(path).value();
    const auto seen = [&] {
        const auto found = directory->inbox(people.biuro.id).value()->capacity;
        CHECK(directory->recipient(people.biuro.address).value()->inbox->capacity == found);
        CHECK(directory->login(people.biuro.address.text()).value()->capacity == found);
        return found->count;
    };
    for (std::uint64_t round = 1; round <= 20; ++round) {
        const auto done = in_child([&] {
            const auto registry = open_registry(path).value();
            return set_capacity(*registry, people.biuro.id, Bytes{round << 20}) ? 0 : 1;
        });
        REQUIRE(done == 0);
        CHECK(seen() == round << 20);
        CHECK(seen() == round << 20);
    }
}

TEST_CASE(
    "a writer that stays sees to it that a reader sees each of its commits at once, past any checkpoint")
{
    TestFolder folder;
    const auto path = folder.file("metka.db");
    const People people;
    const auto registry = open_registry(path).value();
    REQUIRE(people.move_in(*registry));
    const auto directory = open_directory(path).value();
    for (std::uint64_t round = 1; round <= 500; ++round) { // the WAL begins anew after 1000 pages
        REQUIRE(set_capacity(*registry, people.biuro.id, Bytes{round << 20}));
        CHECK(directory->inbox(people.biuro.id).value()->capacity == Bytes{round << 20});
    }
}

TEST_CASE("what is gone, suspended or protected now is so for a reader who asked before")
{
    TestFolder folder;
    const auto path = folder.file("metka.db");
    const People people;
    const auto registry = open_registry(path).value();
    REQUIRE(people.move_in(*registry));
    const auto directory = open_directory(path).value();
    CHECK(directory->may_send_as(people.biuro.id, people.marketing.address).value());
    CHECK(directory->space(people.anna.id).value().has_value());
    CHECK(directory->sending(people.biuro.id).value().has_value());
    CHECK_FALSE(directory->protects_senders(people.domain.name).value());

    auto protecting = people.domain;
    protecting.protects_sender = true;
    AuditEntry entry = by_root("test");
    REQUIRE(registry->change(entry, [&](Changes& changes) -> Result<void> {
        const auto removed = changes.remove_alias(people.marketing.address);
        if (!removed) return removed;
        return changes.set(protecting);
    }));
    CHECK_FALSE(directory->may_send_as(people.biuro.id, people.marketing.address).value());
    CHECK_FALSE(directory->recipient(people.marketing.address).value()->inbox);
    CHECK(directory->protects_senders(people.domain.name).value());
    REQUIRE(registry->note_home(people.anna.id, 7_MiB, noon));
    CHECK(directory->space(people.anna.id).value()->home == 7_MiB);
}

TEST_CASE("two marks of a database are equal exactly while nobody commits")
{
    TestFolder folder;
    const auto path = folder.file("some.db");
    REQUIRE(sqlite::make_file(path, {}));
    auto writer = sqlite::Database::open(path, {.access = sqlite::Access::read_write}).value();
    REQUIRE(writer.execute("CREATE TABLE t (n)"));
    auto reader = sqlite::Database::open(path, {.access = sqlite::Access::read}).value();
    const auto before = reader.commit_mark();
    REQUIRE(before);
    CHECK(reader.commit_mark() == before);
    REQUIRE(writer.execute("BEGIN; INSERT INTO t VALUES (1)"));
    CHECK(reader.commit_mark() == before);
    REQUIRE(writer.execute("ROLLBACK; SELECT * FROM t"));
    CHECK(reader.commit_mark() == before);
    REQUIRE(writer.execute("INSERT INTO t VALUES (2)"));
    const auto after = reader.commit_mark();
    CHECK(after != before);
    CHECK(writer.commit_mark() == after);
}

TEST_CASE("while the two copies of the header differ there is no mark")
{
    TestFolder folder;
    const auto path = folder.file("some.db");
    REQUIRE(sqlite::make_file(path, {}));
    auto writer = sqlite::Database::open(path, {.access = sqlite::Access::read_write}).value();
    REQUIRE(writer.execute("CREATE TABLE t (n)"));
    const auto reader = sqlite::Database::open(path, {.access = sqlite::Access::read}).value();
    const auto before = reader.commit_mark();
    REQUIRE(before);
    const sys::Descriptor index(open((path + "-shm").c_str(), O_RDWR | O_CLOEXEC));
    for (const std::size_t place : {std::size_t{8}, sqlite::CommitMark::size + 8}) {
        CAPTURE(place);
        const auto at = static_cast<off_t>(place);
        unsigned char byte = 0;
        REQUIRE(pread(index.get(), &byte, 1, at) == 1);
        const auto torn = static_cast<unsigned char>(byte + 1);
        REQUIRE(pwrite(index.get(), &torn, 1, at) == 1);
        CHECK_FALSE(reader.commit_mark());
        REQUIRE(pwrite(index.get(), &byte, 1, at) == 1);
        CHECK(reader.commit_mark() == before);
    }
}

TEST_CASE("an answer is remembered while nobody commits, but no longer than the longest memory")
{
    TestFolder folder;
    const auto path = folder.file("metka.db");
    const People people;
    REQUIRE(people.move_in(*open_registry(path).value()));
    const auto keeping = open_directory(path, std::chrono::hours(1)).value();
    const auto forgetting = open_directory(path, std::chrono::milliseconds(0)).value();
    const auto ask = [&](Directory& directory) {
        return directory.login("anna") && directory.recipient(people.info.address) &&
               directory.inbox(people.biuro.id) && directory.space(people.anna.id) &&
               directory.sending(people.anna.id) && directory.protects_senders(people.domain.name) &&
               directory.may_send_as(people.sklep.id, people.info.address);
    };
    REQUIRE(ask(*keeping));
    REQUIRE(ask(*forgetting));
    overwrite(path);
    CHECK(ask(*keeping));
    CHECK(fault_of(forgetting->login("anna")) == Fault::unavailable);
}

TEST_CASE("a name that is not there is not remembered")
{
    TestFolder folder;
    const auto path = folder.file("metka.db");
    const People people;
    REQUIRE(people.move_in(*open_registry(path).value()));
    const auto nobody = InboxId::make(noon);
    const std::vector<std::function<Result<bool>(Directory&)>> guesses{
        [](Directory& directory) { return found(directory.login("guess")); },
        [](Directory& directory) { return found(directory.login("guess@moja-firma.lublin.pl")); },
        [&](Directory& directory) { return found(directory.inbox(nobody)); },
        [](Directory& directory) { return found(directory.recipient(address("guess@example.org"))); },
        [](Directory& directory) {
            const auto record = directory.recipient(address("guess@moja-firma.lublin.pl"));
            if (!record) return Result<bool>(pass(record));
            return Result<bool>((*record)->inbox.has_value());
        }};
    std::vector<std::unique_ptr<Directory>> readers;
    readers.reserve(guesses.size());
    for (const auto& guess : guesses) {
        readers.push_back(open_directory(path, std::chrono::hours(1)).value());
        REQUIRE_FALSE(guess(*readers.back()).value());
    }
    overwrite(path);
    for (std::size_t i = 0; i < guesses.size(); ++i) {
        CAPTURE(i);
        CHECK(fault_of(guesses[i](*readers[i])) == Fault::unavailable);
    }
}

TEST_CASE("a database without a WAL has no mark")
{
    TestFolder folder;
    const auto path = folder.file("some.db");
    REQUIRE(sqlite::make_file(path, {}));
    {
        auto writer = sqlite::Database::open(path, {.access = sqlite::Access::read_write}).value();
        REQUIRE(writer.execute("CREATE TABLE t (n); PRAGMA journal_mode = DELETE"));
    }
    const auto reader = sqlite::Database::open(path, {.access = sqlite::Access::read}).value();
    CHECK_FALSE(reader.commit_mark());
}

TEST_CASE("however much is asked, only so many answers are remembered, and the last one always")
{
    KeptAnswers<std::size_t, std::size_t> kept;
    std::size_t there = 0;
    for (std::size_t key = 0; key < 3 * kept.most; ++key) {
        kept.keep(key, key * key);
        REQUIRE(kept.find(key) != nullptr);
        CHECK(*kept.find(key) == key * key);
    }
    for (std::size_t key = 0; key < 3 * kept.most; ++key)
        if (kept.find(key) != nullptr) ++there;
    CHECK(there <= kept.most);
}
