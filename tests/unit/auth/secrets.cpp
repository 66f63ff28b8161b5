#include "daemon/auth/secrets.h"

#include <doctest/doctest.h>

#include <fstream>
#include <iterator>
#include <sys/stat.h>
#include <thread>

#include "tests/unit/directory/folder.h"

using namespace metka;
using namespace metka::auth;

namespace {
const Instant now = from_unix_ms(1'800'000'000'000);
const auto anna = InboxId::make(now);
const auto other = InboxId::make(now);
} // namespace

TEST_CASE("secrets survive, each under its account, and are gone when removed")
{
    TestFolder folder;
    const auto path = folder.file("secrets.db");
    {
        auto secrets = Secrets::open(path).value();
        CHECK_FALSE(secrets.hash_of(anna).value());
        REQUIRE(secrets.set(anna, "$y$first", now));
        REQUIRE(secrets.set(anna, "$y$second", now));
        REQUIRE(secrets.set(other, "$y$other", now));
    }
    auto secrets = Secrets::open(path).value();
    CHECK(secrets.hash_of(anna).value() == "$y$second");
    REQUIRE(secrets.remove(anna));
    REQUIRE(secrets.remove(anna));
    CHECK_FALSE(secrets.hash_of(anna).value());
    CHECK(secrets.hash_of(other).value() == "$y$other");
}

TEST_CASE("two programs that overlap at an upgrade both keep secrets, and each reads what the other wrote")
{
    TestFolder folder;
    const auto path = folder.file("secrets.db");
    auto old = Secrets::open(path).value();
    auto next = Secrets::open(path).value();
    REQUIRE(next.set(anna, "$y$of-the-next", now));
    CHECK(old.hash_of(anna).value() == "$y$of-the-next");
    REQUIRE(old.remove(anna));
    CHECK_FALSE(next.hash_of(anna).value());

    int refused = 0;
    const auto write = [](Secrets& secrets, const InboxId& account, int& failures) {
        for (int i = 0; i < 50; ++i) {
            auto kept = secrets.set(account, fmt::format("$y${}", i), now);
            while (!kept &&
                   kept.error().fault == Fault::unavailable) // a slow disk: the other's turn was long
                kept = secrets.set(account, fmt::format("$y${}", i), now);
            if (!kept) ++failures;
        }
    };
    int refused_too = 0;
    std::thread thread([&] { write(old, anna, refused); });
    write(next, other, refused_too);
    thread.join();
    CHECK(refused + refused_too == 0);
    CHECK(next.hash_of(anna).value() == "$y$49");
    CHECK(old.hash_of(other).value() == "$y$49");
}

TEST_CASE("the secrets are nobody else's to read")
{
    TestFolder folder;
    const auto path = folder.file("secrets.db");
    auto secrets = Secrets::open(path).value();
    REQUIRE(secrets.set(anna, "$y$hash", now));
    for (const auto* suffix : {"", "-wal", "-shm"}) {
        struct stat status{};
        REQUIRE(stat((path + suffix).c_str(), &status) == 0);
        CHECK((status.st_mode & 07777) == 0600);
    }
}

TEST_CASE("a removed hash is not left in the file")
{
    TestFolder folder;
    const auto path = folder.file("secrets.db");
    {
        auto secrets = Secrets::open(path).value();
        REQUIRE(secrets.set(anna, "$y$unmistakable", now));
    }
    {
        auto secrets = Secrets::open(path).value();
        REQUIRE(secrets.remove(anna));
    }
    std::ifstream file(path, std::ios::binary);
    const std::string bytes(std::istreambuf_iterator<char>(file), {});
    CHECK(bytes.size() > 1000);
    CHECK_FALSE(bytes.contains("unmistakable"));
}

TEST_CASE("secrets from a newer Metka are refused with both versions and the file")
{
    TestFolder folder;
    const auto path = folder.file("secrets.db");
    REQUIRE(Secrets::open(path));
    {
        auto database = sqlite::Database::open(path, {.access = sqlite::Access::read_write}).value();
        REQUIRE(database.execute("PRAGMA user_version = 7"));
    }
    const auto refused = Secrets::open(path);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().fault == Fault::invalid);
    CHECK(refused.error().text.contains("the secrets database " + path + " has version 7"));
}
