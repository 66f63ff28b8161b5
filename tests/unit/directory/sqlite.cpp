#include <doctest/doctest.h>

#include <sys/stat.h>
#include <unistd.h>

#include "core/directory/migrations.h"
#include "core/directory/sqlite_file.h"
#include "tests/unit/directory/folder.h"

using namespace metka;
using namespace metka::sqlite;

namespace {

struct Opened {
    TestFolder folder;
    std::string path = folder.file("test.db");
    Database database = make(path);

    static Database make(const std::string& path)
    {
        REQUIRE(make_file(path, {.mode = 0640}));
        auto database = Database::open(path, {.access = Access::read_write}).value();
        REQUIRE(database.execute(
            "CREATE TABLE thing (id BLOB PRIMARY KEY, word TEXT NOT NULL, size INTEGER) STRICT"));
        return database;
    }
    std::int64_t count(Database& in)
    {
        auto rows = in.ask("SELECT count(*) FROM thing").value();
        REQUIRE(rows.next().value());
        return rows.number(0);
    }
};

mode_t mode_of(const std::string& path)
{
    struct stat status{};
    REQUIRE(stat(path.c_str(), &status) == 0);
    return status.st_mode & 07777;
}

constexpr Sql add = "INSERT INTO thing (id, word, size) VALUES ($1, $2, $3)";
const Id some_id = Id::make(from_unix_ms(1));

} // namespace

TEST_CASE("values come back as they went in, the empty and the absent ones too")
{
    Opened opened;
    REQUIRE(opened.database.run(add, some_id, "żółw", Capacity(5_GiB)).value() == 1);
    REQUIRE(opened.database.run(add, Id{}, std::string_view(), Capacity()));
    auto rows = opened.database.ask("SELECT id, word, size FROM thing ORDER BY id DESC").value();
    REQUIRE(rows.next().value());
    CHECK(rows.id(0) == some_id);
    CHECK(rows.text(1) == "żółw");
    CHECK(rows.number(2) == std::int64_t{5} << 30);
    REQUIRE(rows.next().value());
    CHECK(rows.text(1).empty());
    CHECK(rows.is_null(2));
    CHECK_FALSE(rows.next().value());
}

TEST_CASE("text with a NUL or broken UTF-8 and sizes beyond 63 bits do not go in")
{
    Opened opened;
    for (const auto& bad : {std::string("a\0b", 3), std::string("\xff"), std::string("\xed\xa0\x80")}) {
        const auto done = opened.database.run(add, some_id, bad, Capacity());
        REQUIRE_FALSE(done);
        CHECK(done.error().fault == Fault::invalid);
    }
    const auto huge = opened.database.run(add, some_id, "a", Bytes{std::uint64_t{1} << 63});
    REQUIRE_FALSE(huge);
    CHECK(huge.error().fault == Fault::invalid);
    CHECK(opened.count(opened.database) == 0);
}

TEST_CASE("a value goes where its number stands, in whatever order the text has them")
{
    Opened opened;
    auto rows = opened.database.ask("SELECT $2, $1, $2", "one", "two").value();
    REQUIRE(rows.next().value());
    CHECK(rows.text(0) == "two");
    CHECK(rows.text(1) == "one");
    CHECK(rows.text(2) == "two");
    CHECK(opened.database.ask("SELECT $3", "one").error().fault == Fault::internal);
}

TEST_CASE("a statement wants exactly its values, one literal is one statement")
{
    Opened opened;
    CHECK(opened.database.run(add, some_id).error().fault == Fault::internal);
    CHECK(opened.database.ask("SELECT 1; SELECT 2").error().fault == Fault::internal);
    CHECK(opened.database.ask("SELECT nothing FROM nowhere").error().fault == Fault::internal);
}

TEST_CASE("a statement cannot be asked again under rows that are still read")
{
    Opened opened;
    constexpr Sql numbers = "SELECT 1 UNION SELECT $1";
    auto rows = opened.database.ask(numbers, std::int64_t{2}).value();
    REQUIRE(rows.next().value());
    CHECK(opened.database.ask(numbers, std::int64_t{3}).error().fault == Fault::internal);
    CHECK(rows.next().value());
    CHECK(rows.number(0) == 2);
}

TEST_CASE("a constraint is a conflict, and what was not committed never happened")
{
    Opened opened;
    {
        auto transaction = Transaction::begin(opened.database).value();
        REQUIRE(opened.database.run(add, some_id, "a", Capacity()));
        CHECK(opened.database.run(add, some_id, "b", Capacity()).error().fault == Fault::conflict);
    }
    CHECK(opened.count(opened.database) == 0);
    auto transaction = Transaction::begin(opened.database).value();
    REQUIRE(opened.database.run(add, some_id, "a", Capacity()));
    REQUIRE(transaction.commit());
    CHECK(opened.count(opened.database) == 1);
}

TEST_CASE("what follows a savepoint is undone alone, unless it is kept")
{
    Opened opened;
    CHECK(Savepoint::begin(opened.database).error().fault == Fault::internal);
    CHECK_FALSE(opened.database.in_transaction());
    auto transaction = Transaction::begin(opened.database).value();
    CHECK(opened.database.in_transaction());
    REQUIRE(opened.database.run(add, some_id, "a", Capacity()));
    {
        const auto dropped = Savepoint::begin(opened.database).value();
        REQUIRE(opened.database.run(add, Id{}, "b", Capacity()));
    }
    CHECK(opened.count(opened.database) == 1);
    {
        auto kept = Savepoint::begin(opened.database).value();
        REQUIRE(opened.database.run(add, Id{}, "b", Capacity()));
        REQUIRE(kept.keep());
    }
    REQUIRE(transaction.commit());
    CHECK(opened.count(opened.database) == 2);
}

TEST_CASE("of two writers the second is told to try again, and gets in when the first is done")
{
    Opened opened;
    auto other =
        Database::open(opened.path, {.access = Access::read_write, .patience = std::chrono::milliseconds(5)});
    REQUIRE(other);
    {
        const auto first = Transaction::begin(opened.database).value();
        const auto second = Transaction::begin(*other);
        REQUIRE_FALSE(second);
        CHECK(second.error().fault == Fault::unavailable);
        CHECK(opened.count(*other) == 0); // readers are not in the way
    }
    CHECK(Transaction::begin(*other));
}

TEST_CASE("a reader cannot write")
{
    Opened opened;
    auto reader = Database::open(opened.path, {.access = Access::read}).value();
    CHECK(reader.run(add, some_id, "a", Capacity()).error().fault == Fault::io);
    CHECK(opened.count(reader) == 0);
}

TEST_CASE("the file and what SQLite lays beside it have the mode that was asked for")
{
    const mode_t before = umask(0077);
    Opened opened;
    umask(before);
    REQUIRE(opened.database.run(add, some_id, "a", Capacity()));
    CHECK(mode_of(opened.path) == 0640);
    CHECK(mode_of(opened.path + "-wal") == 0640);
    CHECK(mode_of(opened.path + "-shm") == 0640);
}

TEST_CASE("a database is a regular file, never a link or a folder, and is not made where it should be")
{
    TestFolder folder;
    REQUIRE(symlink("/etc/passwd", folder.file("link").c_str()) == 0);
    CHECK(make_file(folder.file("link"), {}).error().fault == Fault::invalid);
    CHECK(make_file(folder.path(), {}).error().fault == Fault::invalid);
    CHECK_FALSE(make_file(folder.file("no/such/folder.db"), {}));
    CHECK(Database::open(folder.file("none.db"), {.access = Access::read_write}).error().fault ==
          Fault::unavailable);
}

TEST_CASE("migrations run once, in order, all or none")
{
    static constexpr std::array<Sql, 2> steps{"CREATE TABLE a (x INTEGER) STRICT; PRAGMA user_version = 1;",
                                              "ALTER TABLE a ADD COLUMN y INTEGER; PRAGMA user_version = 2;"};
    static constexpr std::array<Sql, 3> broken{steps[0], steps[1], "CREATE TABLE a (x INTEGER)"};
    const std::span<const Sql> all(steps);
    Opened opened;
    REQUIRE(migrate(opened.database, {.what = "test", .steps = all.first(1)}));
    CHECK(check_version(opened.database, {.what = "test", .steps = all}).error().fault == Fault::unavailable);
    CHECK_FALSE(migrate(opened.database, {.what = "test", .steps = broken}));
    REQUIRE(check_version(opened.database, {.what = "test", .steps = all.first(1)}));
    REQUIRE(migrate(opened.database, {.what = "test", .steps = all}));
    REQUIRE(migrate(opened.database, {.what = "test", .steps = all}));
    CHECK(opened.database.ask("SELECT x, y FROM a"));

    const auto newer = migrate(opened.database, {.what = "test", .steps = all.first(1)});
    REQUIRE_FALSE(newer);
    CHECK(newer.error().fault == Fault::invalid);
    CHECK(newer.error().text.contains(opened.path + " has version 2, and this Metka knows versions up to 1"));
}
