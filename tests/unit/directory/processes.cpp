// The directory database between processes: killed writers, readers under other users.

#include <doctest/doctest.h>

#include <array>

#include <csignal>
#include <filesystem>
#include <grp.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/directory/sqlite.h"
#include "core/directory/sqlite_directory.h"
#include "tests/unit/directory/folder.h"
#include "tests/unit/directory/people.h"

using namespace metka;
using namespace metka::directory;

namespace {

// Runs `work` in a child process and gives its exit status (or the signal that ended it, negative).
int in_child(const std::function<int()>& work)
{
    const pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) _exit(work());
    int status = 0;
    REQUIRE(waitpid(child, &status, 0) == child);
    return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

Result<void> add_aliases(Registry& registry, const InboxId& inbox, int round,
                         const std::function<void()>& between)
{
    AuditEntry entry = by_root("test");
    return registry.change(entry, [&](Changes& changes) -> Result<void> {
        for (const auto* half : {"one", "two"}) {
            const auto text = fmt::format("{}-{}@moja-firma.lublin.pl", half, round);
            const auto added = changes.add(Alias{.address = address(text), .inbox = inbox});
            if (!added) return added;
            between();
        }
        return {};
    });
}

constexpr int no_group_of_ours = 54321;
constexpr int nobody = 65534;

} // namespace

TEST_CASE("a writer killed inside a change leaves the old state, one killed after it the new")
{
    TestFolder folder;
    const auto path = folder.file("metka.db");
    const People people;
    REQUIRE(people.move_in(*open_registry(path).value()));

    const auto killed_inside = in_child([&] {
        const auto registry = open_registry(path).value();
        (void)add_aliases(*registry, people.biuro.id, 1, [] { raise(SIGKILL); });
        return 0;
    });
    CHECK(killed_inside == -SIGKILL);
    const auto killed_after = in_child([&] {
        const auto registry = open_registry(path).value();
        if (add_aliases(*registry, people.biuro.id, 2, [] {})) raise(SIGKILL);
        return 0;
    });
    CHECK(killed_after == -SIGKILL);

    const auto registry = open_registry(path).value();
    const auto aliases = registry->aliases().value();
    REQUIRE(aliases.size() == 4);
    CHECK(aliases[2].address.local() == "one-2");
    CHECK(aliases[3].address.local() == "two-2");
    CHECK(registry->audit({.most = 10}).value().size() == 2);
}

TEST_CASE("writers killed at any moment never leave half a change, nor a change without its audit row")
{
    TestFolder folder;
    const auto path = folder.file("metka.db");
    const People people;
    REQUIRE(people.move_in(*open_registry(path).value()));
    for (int round = 0; round < 8; ++round) {
        std::array<int, 2> started{};
        REQUIRE(pipe(started.data()) == 0);
        const pid_t child = fork();
        REQUIRE(child >= 0);
        if (child == 0) {
            const auto registry = open_registry(path).value();
            for (int i = 0;; ++i) {
                (void)add_aliases(*registry, people.biuro.id, round * 1000 + i, [] {});
                if (write(started[1], "x", 1) != 1) _exit(1);
            }
        }
        close(started[1]);
        char byte = 0;
        for (int i = 0; i <= round; ++i)
            REQUIRE(read(started[0], &byte, 1) == 1); // it is at its next change by now
        kill(child, SIGKILL);
        waitpid(child, nullptr, 0);
        close(started[0]);

        const auto registry = open_registry(path).value();
        const auto added = registry->aliases().value().size() - 2;
        CHECK(added % 2 == 0);
        CHECK(registry->audit({.most = 100'000}).value().size() == added / 2 + 1);
        CHECK(added / 2 >= static_cast<std::size_t>(round + 1));
    }
}

TEST_CASE("of a batch nothing is left by a killed writer before it is finished, and everything after")
{
    TestFolder folder;
    const auto path = folder.file("metka.db");
    const People people;
    REQUIRE(people.move_in(*open_registry(path).value()));
    const auto killed_before = in_child([&] {
        const auto registry = open_registry(path).value();
        const auto batch = registry->batch().value();
        if (add_aliases(*registry, people.biuro.id, 1, [] {})) raise(SIGKILL);
        return 0;
    });
    CHECK(killed_before == -SIGKILL);
    CHECK(open_registry(path).value()->aliases().value().size() == 2);
    const auto killed_after = in_child([&] {
        const auto registry = open_registry(path).value();
        const auto batch = registry->batch().value();
        if (add_aliases(*registry, people.biuro.id, 2, [] {}) && batch->finish()) raise(SIGKILL);
        return 0;
    });
    CHECK(killed_after == -SIGKILL);
    const auto registry = open_registry(path).value();
    CHECK(registry->aliases().value().size() == 4);
    CHECK(registry->audit({}).value().size() == 2);
}

TEST_CASE("a reader sees nothing of a batch before it is finished")
{
    TestFolder folder;
    const auto path = folder.file("metka.db");
    const auto registry = open_registry(path).value();
    const auto directory = open_directory(path).value();
    const People people;
    const auto batch = registry->batch().value();
    REQUIRE(people.move_in(*registry));
    CHECK_FALSE(directory->login("anna").value());
    REQUIRE(batch->finish());
    CHECK(directory->login("anna").value());
    REQUIRE(registry->note_home(people.anna.id, 5_MiB, noon));
    CHECK(directory->space(people.anna.id).value().value().home == 5_MiB);
}

TEST_CASE("a reader sees each change at once, and cannot make one")
{
    TestFolder folder;
    const auto path = folder.file("metka.db");
    const auto registry = open_registry(path).value();
    const auto directory = open_directory(path).value();
    const People people;
    CHECK_FALSE(directory->recipient(people.biuro.address).value());
    REQUIRE(people.move_in(*registry));
    CHECK(directory->recipient(people.biuro.address).value()->inbox->id == people.biuro.id);
    CHECK(directory->login("anna").value()->id == people.anna.id);
    CHECK(directory->inbox(people.sklep.id).value()->login == "sklep@moja-firma.lublin.pl");
    CHECK(directory->may_send_as(people.biuro.id, people.marketing.address).value());
}

TEST_CASE("a reader under another user, in the group alone, reads while the writer writes and is killed")
{
    if (getuid() != 0) {
        MESSAGE("skipped: becoming another user takes root");
        return;
    }
    TestFolder folder;
    REQUIRE(chmod(folder.path().c_str(), 0711) == 0);
    const auto path = folder.file("metka.db");
    const People people;
    const sqlite::Ownership ownership{.mode = 0640, .group = no_group_of_ours};

    std::array<int, 2> ready{};
    REQUIRE(pipe(ready.data()) == 0);
    const pid_t writer = fork();
    REQUIRE(writer >= 0);
    if (writer == 0) {
        const auto registry = open_registry(path, ownership).value();
        const bool moved_in = people.move_in(*registry).has_value();
        if (!moved_in || write(ready[1], "x", 1) != 1) _exit(1);
        pause();
    }
    close(ready[1]);
    char byte = 0;
    REQUIRE(read(ready[0], &byte, 1) == 1);

    const auto as_nobody = [&](gid_t group, const std::function<int()>& work) {
        return in_child([&] {
            const bool is_nobody = setgroups(1, &group) == 0 && setresgid(nobody, nobody, nobody) == 0 &&
                                   setresuid(nobody, nobody, nobody) == 0;
            return is_nobody ? work() : 2;
        });
    };
    const auto read_as_nobody = [&](gid_t group) {
        return as_nobody(group, [&] {
            const auto directory = open_directory(path);
            if (!directory) return 3;
            const auto found = (*directory)->login("anna");
            return found && *found && (*found)->id == people.anna.id ? 0 : 4;
        });
    };
    CHECK(read_as_nobody(no_group_of_ours) == 0);
    CHECK(read_as_nobody(nobody) == 3);
    const auto marked = as_nobody(no_group_of_ours, [&] { // the -shm is mapped there, though read-only
        const auto database = sqlite::Database::open(path, {.access = sqlite::Access::read});
        if (!database) return 3;
        return database->commit_mark() && database->commit_mark() == database->commit_mark() ? 0 : 5;
    });
    CHECK(marked == 0);
    kill(writer, SIGKILL);
    waitpid(writer, nullptr, 0);
    CHECK(read_as_nobody(no_group_of_ours) == 0); // the -wal and -shm it left can be read as well
    close(ready[0]);
}

TEST_CASE("a reader that finds the database damaged opens it again, and says unavailable until it is whole")
{
    TestFolder folder;
    const auto path = folder.file("metka.db");
    People people;
    REQUIRE(people.move_in(*open_registry(path).value()));
    const auto directory = open_directory(path).value();
    REQUIRE(directory->login("biuro@moja-firma.lublin.pl").value()); // and anna is not remembered
    overwrite(path);
    CHECK(fault_of(directory->login("anna")) == Fault::unavailable);
    std::filesystem::rename(path, folder.file("damaged"));
    CHECK(fault_of(directory->login("anna")) == Fault::unavailable);

    remove_wal(path);
    people.anna.disk_limit = 7_MiB;
    REQUIRE(people.move_in(*open_registry(path).value()));
    const auto back = directory->login("anna");
    REQUIRE(back);
    REQUIRE(back->has_value());
    CHECK((*back)->capacity == 7_MiB);
}

TEST_CASE("a database put in the place of an open one is read once the longest memory has passed, and not "
          "while the WAL of the old one lies there")
{
    TestFolder folder;
    const auto path = folder.file("metka.db"), other = folder.file("other.db");
    People people;
    REQUIRE(people.move_in(*open_registry(path).value()));
    const auto patient = open_directory(path, std::chrono::hours(1)).value();
    const auto looking = open_directory(path, std::chrono::milliseconds(0)).value();
    const auto limit_seen = [](Directory& directory) { return directory.login("anna").value()->capacity; };
    CHECK(limit_seen(*patient) == 500_MiB);
    CHECK(limit_seen(*looking) == 500_MiB);

    people.anna.disk_limit = 7_MiB;
    REQUIRE(people.move_in(*open_registry(other).value()));
    std::filesystem::rename(other, path);
    CHECK(limit_seen(*looking) == 500_MiB);
    remove_wal(path);
    CHECK(limit_seen(*looking) == 7_MiB);
    CHECK(limit_seen(*looking) == 7_MiB);
    CHECK(limit_seen(*patient) == 500_MiB);
}

TEST_CASE("a database from a newer Metka is refused with both versions and the file")
{
    TestFolder folder;
    const auto path = folder.file("metka.db");
    REQUIRE(open_registry(path));
    {
        auto database = sqlite::Database::open(path, {.access = sqlite::Access::read_write}).value();
        REQUIRE(database.execute("PRAGMA user_version = 99"));
    }
    const auto registry = open_registry(path);
    REQUIRE_FALSE(registry);
    CHECK(registry.error().fault == Fault::invalid);
    CHECK(registry.error().text.contains("the directory database " + path +
                                         " has version 99, and this Metka knows"));
    CHECK(open_directory(path).error().fault == Fault::invalid);
}

TEST_CASE("what is no database is refused with its path")
{
    TestFolder folder;
    const auto path = folder.file("metka.db");
    REQUIRE(sqlite::make_file(path, {}));
    REQUIRE(truncate(path.c_str(), 5000) == 0);
    const auto registry = open_registry(path);
    REQUIRE_FALSE(registry);
    CHECK(registry.error().fault == Fault::io);
    CHECK(registry.error().text.contains(path));
    CHECK_FALSE(open_directory(folder.file("none.db")));
}
