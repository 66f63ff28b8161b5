#include "daemon/auth/hash_pool.h"

#include <algorithm>
#include <vector>

#include <asio/co_spawn.hpp>
#include <doctest/doctest.h>

#include "core/net/spawn.h"
#include "tests/unit/login/awaited.h"

using namespace metka;
using namespace metka::auth;

namespace {

asio::awaitable<void> count_right(HashPool& pool, const Secret& password, const std::string& hash, int& right)
{
    const auto verified = co_await pool.verify(password, hash);
    if (verified && *verified) ++right;
}

} // namespace

TEST_CASE("another number of hashes at a time is for those to come, and those under way are finished")
{
    asio::io_context loop;
    HashPool pool(Hasher::make(1).value(), {.at_once = 1});
    const Secret password("correct horse");
    const auto hash = awaited(loop, pool.hash(password));
    REQUIRE(hash);
    int right = 0;
    for (const std::size_t at_once : {1, 4, 2, 2, 1}) {
        pool.limit(at_once);
        for (int i = 0; i < 5; ++i)
            net::spawn(loop.get_executor(), count_right(pool, password, *hash, right), "hash");
        loop.restart();
        loop.poll();
    }
    loop.restart();
    loop.run();
    CHECK(right == 25);
}

TEST_CASE("a storm of strangers leaves places for accounts that come from where they were opened before")
{
    asio::io_context loop;
    HashPool pool(Hasher::make(1).value(), {.at_once = 1, .waiting = 4, .kept_from_strangers = 2});
    const Secret password("correct horse");
    const auto hash = awaited(loop, pool.hash(password)).value();
    std::vector<std::string> outcomes;
    const auto ask = [&](std::string_view who, Asker asker) {
        asio::co_spawn(loop, pool.verify(password, hash, asker),
                       [&outcomes, who](std::exception_ptr, const Result<bool>& done) {
                           outcomes.push_back(fmt::format("{} {}", who, done ? "in" : "later"));
                       });
    };
    for (int i = 0; i < 5; ++i)
        ask("stranger", Asker::stranger);
    for (int i = 0; i < 3; ++i)
        ask("known", Asker::acquainted);
    loop.restart();
    loop.run();
    CHECK(std::ranges::count(outcomes, "stranger in") == 3);
    CHECK(std::ranges::count(outcomes, "stranger later") == 2);
    CHECK(std::ranges::count(outcomes, "known in") == 2);
    CHECK(std::ranges::count(outcomes, "known later") == 1);
}
