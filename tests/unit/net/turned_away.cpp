#include "core/net/turned_away.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace metka::net;
using Why = TurnedAway::Why;

TEST_CASE(
    "of a network that is refused the first is told at once, and the rest once a minute by their number")
{
    TurnedAway turned_away;
    CHECK(turned_away.note("192.0.2.0/24", Why::too_fast).is_first);
    turned_away.note("192.0.2.0/24", Why::too_fast).network.receipt = "K7Q2-M3TX";
    for (int i = 0; i < 100'000; ++i)
        CHECK_FALSE(turned_away.note("192.0.2.0/24", Why::too_fast).is_first);
    CHECK(turned_away.note("192.0.2.0/24", Why::too_many).is_first);
    CHECK(turned_away.note("198.51.100.0/24", Why::too_fast).is_first);

    const auto lines = turned_away.take();
    REQUIRE(lines.size() == 1);
    CHECK(lines[0].network == "192.0.2.0/24");
    CHECK(lines[0].why == Why::too_fast);
    CHECK(lines[0].more == 100'001);
    CHECK(lines[0].receipt == "K7Q2-M3TX");
}

TEST_CASE("who goes on is no first one again, and who has been silent for a minute is forgotten")
{
    TurnedAway turned_away;
    turned_away.note("192.0.2.0/24", Why::too_fast);
    CHECK(turned_away.take().empty());
    CHECK_FALSE(turned_away.note("192.0.2.0/24", Why::too_fast).is_first);
    CHECK(turned_away.take().size() == 1);
    CHECK_FALSE(turned_away.empty());
    CHECK(turned_away.take().empty());
    CHECK(turned_away.empty());
    CHECK(turned_away.note("192.0.2.0/24", Why::too_fast).is_first);
}

TEST_CASE("networks beyond what is kept are counted together")
{
    TurnedAway turned_away;
    std::size_t first = 0;
    for (int i = 0; i < 100'000; ++i)
        first += turned_away.note(fmt::format("2001:db8:{:x}::/48", i), Why::too_many).is_first ? 1 : 0;
    CHECK(first == TurnedAway::most_kept + 1);
    const auto lines = turned_away.take();
    REQUIRE(lines.size() == 1);
    CHECK(lines[0].network == TurnedAway::elsewhere);
    CHECK(lines[0].more == 100'000 - TurnedAway::most_kept - 1);
}
