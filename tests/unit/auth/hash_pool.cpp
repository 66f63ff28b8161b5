#include "daemon/auth/hash_pool.h"

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
