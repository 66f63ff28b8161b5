#include "daemon/auth/password.h"

#include <doctest/doctest.h>

#include <vector>

#include "daemon/auth/remembered.h"

using namespace metka;
using namespace metka::auth;

TEST_CASE("a hash is yescrypt, salted, and matches its own password alone")
{
    const auto hasher = Hasher::make(1).value();
    const auto hash = hasher->hash(Secret("correct horse")).value();
    CHECK(hash.starts_with("$y$"));
    CHECK_FALSE(hash.contains("horse"));
    CHECK(hash != hasher->hash(Secret("correct horse")).value());
    CHECK(hasher->verify(Secret("correct horse"), hash).value());
    CHECK_FALSE(hasher->verify(Secret("correct hors"), hash).value());
    CHECK_FALSE(hasher->verify(Secret("correct horse "), hash).value());
    CHECK(hasher->hashes() == 5);
}

TEST_CASE("the dummy is a real hash that nothing matches")
{
    const auto hasher = Hasher::make(1).value();
    CHECK(hasher->dummy().starts_with("$y$"));
    CHECK_FALSE(hasher->verify(Secret("x"), hasher->dummy()).value());
    CHECK(hasher->hashes() == 1);
}

TEST_CASE("a stored value that is no hash matches nothing and is an error")
{
    const auto hasher = Hasher::make(1).value();
    for (const auto* broken : {"", "*0", "*", "x", "$y$"}) {
        CAPTURE(broken);
        const auto verified = hasher->verify(Secret("x"), broken);
        CHECK_FALSE(verified.value_or(false));
    }
}

TEST_CASE("a password has 1 to 511 bytes without a NUL")
{
    struct Row {
        std::string password;
        std::string_view why; // empty: allowed
    };
    const std::vector<Row> rows{
        {"x", ""},
        {std::string(511, 'x'), ""},
        {"zażółć gęślą jaźń", ""},
        {"\xff\xfe", ""},
        {"", "cannot be empty"},
        {std::string(512, 'x'), "at most 511 bytes, this one has 512"},
        {std::string("a\0b", 3), "cannot hold a NUL byte"},
    };
    const auto hasher = Hasher::make(1).value();
    for (const auto& row : rows) {
        CAPTURE(row.password);
        const auto checked = check_password(row.password);
        CHECK(checked.has_value() == row.why.empty());
        if (!checked) CHECK(checked.error().text.contains(row.why));
        CHECK(hasher->hash(Secret(row.password)).has_value() == row.why.empty());
    }
}

TEST_CASE("a right answer is remembered for a minute, for that account and password, and forgotten on change")
{
    Remembered remembered;
    const Remembered::Time start{};
    const auto anna = InboxId::make(from_unix_ms(1));
    const auto other = InboxId::make(from_unix_ms(2));
    const Secret password("p");
    CHECK_FALSE(remembered.knows(anna, password, "hash", start));
    remembered.note(anna, password, "hash", start, remembered.changes());
    CHECK(remembered.knows(anna, password, "hash", start));
    CHECK(remembered.knows(anna, password, "hash", start + std::chrono::seconds(59)));
    CHECK_FALSE(remembered.knows(anna, password, "hash", start + std::chrono::seconds(60)));
    CHECK_FALSE(remembered.knows(anna, Secret("q"), "hash", start));
    CHECK_FALSE(remembered.knows(anna, Secret(), "hash", start));
    CHECK_FALSE(remembered.knows(other, password, "hash", start));
    CHECK_FALSE(remembered.knows(anna, password, "another hash", start));
    remembered.forget(anna);
    CHECK_FALSE(remembered.knows(anna, password, "hash", start));
}

TEST_CASE("what a hash found out while a password changed is not remembered")
{
    Remembered remembered;
    const Remembered::Time start{};
    const auto anna = InboxId::make(from_unix_ms(1));
    const auto before = remembered.changes();
    remembered.forget(anna);
    remembered.note(anna, Secret("old"), "hash", start, before);
    CHECK_FALSE(remembered.knows(anna, Secret("old"), "hash", start));
}

TEST_CASE("a password costs one hash, of the cost of what it is compared with, right or wrong")
{
    const auto hasher = Hasher::make(1).value();
    const auto dearer = Hasher::make(2).value()->hash(Secret("x")).value();
    // Of “x”, as Unix users have them.
    const std::string sha512 =
        "$6$abcdefgh$D7W7qyozKBT.t6FD3DVYHvADbIO0eSyI4.p20LaEUjro8PqTGYYo/EQcuNjhFbzo9Yg5ir1KIEqFY/yJpgFph0";
    for (const auto& hash : {hasher->dummy(), sha512, dearer}) {
        CAPTURE(hash);
        const auto before = hasher->hashes();
        CHECK_FALSE(hasher->verify(Secret("y"), hash).value());
        CHECK(hasher->hashes() == before + 1);
    }
    for (const auto& hash : {hasher->hash(Secret("x")).value(), sha512, dearer}) {
        const auto before = hasher->hashes();
        CHECK(hasher->verify(Secret("x"), hash).value());
        CHECK(hasher->hashes() == before + 1);
    }
}
