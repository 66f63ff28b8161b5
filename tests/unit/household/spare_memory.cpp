#include "core/household/spare_memory.h"

#include <doctest/doctest.h>

using namespace metka::household;

namespace {

constexpr std::size_t mib = std::size_t{1} << 20;

} // namespace

TEST_CASE("memory is given back when much has become free, once, and again after the next crowd")
{
    SpareMemory spare;
    CHECK_FALSE(spare.is_worth_it(mib, 0));
    CHECK(spare.is_worth_it(100 * mib, 0));
    CHECK_FALSE(spare.is_worth_it(100 * mib, 0)); // it is the system's, though the allocator counts it
    CHECK_FALSE(spare.is_worth_it(104 * mib, 0));
    CHECK_FALSE(spare.is_worth_it(10 * mib, 0)); // a crowd has it
    CHECK(spare.is_worth_it(60 * mib, 0));
    CHECK_FALSE(spare.is_worth_it(2 * mib, 0));
    CHECK_FALSE(spare.is_worth_it(9 * mib, 0));
    CHECK(spare.is_worth_it(10 * mib, 0));
}

TEST_CASE("memory is given back also after a crowd that came and went between two looks")
{
    SpareMemory spare;
    CHECK(spare.is_worth_it(100 * mib, 120 * mib));
    CHECK_FALSE(spare.is_worth_it(100 * mib, 125 * mib));
    CHECK_FALSE(spare.is_worth_it(100 * mib, 127 * mib));
    CHECK(spare.is_worth_it(100 * mib, 130 * mib)); // ten since it was given back
    CHECK_FALSE(spare.is_worth_it(100 * mib, 130 * mib));
    CHECK(spare.is_worth_it(100 * mib, 300 * mib));
}
