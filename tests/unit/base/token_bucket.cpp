#include "core/base/token_bucket.h"

#include <random>
#include <vector>

#include <doctest/doctest.h>

using namespace metka;
using namespace std::chrono_literals;

TEST_CASE("half is there at once, and the other half comes evenly")
{
    constexpr Allowance allowance{.most = 20, .within = 1min};
    TokenBucket bucket;
    const TokenBucket::Time start{};
    CHECK(bucket.left(allowance, start) == 10);
    for (int i = 0; i < 12; ++i)
        bucket.take(allowance, start);
    CHECK(bucket.left(allowance, start) == 0);
    CHECK(bucket.left(allowance, start + 5s) == 0);
    CHECK(bucket.left(allowance, start + 6s) == 1);
    CHECK(bucket.left(allowance, start + 30s) == 5);
    CHECK_FALSE(bucket.is_full(allowance, start + 59s));
    CHECK(bucket.is_full(allowance, start + 60s));
    CHECK(bucket.left(allowance, start + 1h) == 10);
}

TEST_CASE("no span of the length sees more than the number, whenever it begins")
{
    std::mt19937 random(7);
    for (const std::uint64_t most : {2, 3, 7, 20, 1000}) {
        CAPTURE(most);
        const Allowance allowance{.most = most, .within = 1min};
        TokenBucket bucket;
        std::vector<TokenBucket::Time> taken;
        for (auto now = TokenBucket::Time{}; now < TokenBucket::Time{} + 10min;
             now += std::chrono::milliseconds(random() % 400)) {
            if (bucket.left(allowance, now) == 0) continue;
            bucket.take(allowance, now);
            taken.push_back(now);
        }
        for (std::size_t first = 0; first < taken.size(); ++first)
            if (first + most < taken.size()) CHECK(taken[first + most] - taken[first] >= 1min - 1ms);
    }
}
