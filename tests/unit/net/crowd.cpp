#include "core/net/crowd.h"

#include <doctest/doctest.h>
#include <random>

#include "tests/unit/net/loop.h"
#include "tests/unit/net/sockets.h"

using namespace metka;
using namespace metka::net;
using namespace std::chrono_literals;
using Admission = Crowd::Admission;

namespace {

// A crowd of channels that nobody speaks over.
struct Hall {
    explicit Hall(ConnectionLimits limits) : crowd(limits) {}

    Admission come(std::string_view peer, Standing standing = Standing::may_go)
    {
        const auto origin = origin_of(peer);
        const auto admission = crowd.admit(origin, now);
        if (admission != Admission::welcome) return admission;
        auto channel = std::make_shared<Channel>(loop.executor(), unix_sockets().ours, std::string(peer));
        channel->stand(standing);
        crowd.enter(++last, origin, channel);
        channels[last] = std::move(channel);
        return admission;
    }
    void go(Crowd::Number number)
    {
        crowd.leave(number);
        channels.erase(number);
    }
    Crowd::Number sent_away() // 0: nobody
    {
        const auto leaving = crowd.next_to_go();
        for (const auto& [number, channel] : channels)
            if (leaving && channel == leaving) return number;
        return 0;
    }

    Loop loop;
    Crowd crowd;
    Crowd::Time now{};
    Crowd::Number last = 0;
    std::map<Crowd::Number, std::shared_ptr<Channel>> channels;
};

} // namespace

TEST_CASE("connections are bounded by source, by network and in all, and whoever leaves makes room")
{
    Hall hall({.total = 7, .per_peer = 2, .per_network = 4});
    CHECK(hall.come("192.0.2.1") == Admission::welcome);
    CHECK(hall.come("192.0.2.1") == Admission::welcome);
    CHECK(hall.come("192.0.2.1") == Admission::too_many_from_source);
    CHECK(hall.come("192.0.2.2") == Admission::welcome);
    CHECK(hall.come("192.0.2.3") == Admission::welcome);
    CHECK(hall.come("192.0.2.4") == Admission::too_many_from_network);
    CHECK(hall.come("2001:db8::1") == Admission::welcome);
    CHECK(hall.come("2001:db8::2") == Admission::welcome);
    CHECK(hall.come("2001:db8::3") == Admission::too_many_from_source);
    CHECK(hall.come("2001:db8:0:1::1") == Admission::welcome);
    CHECK(hall.come("198.51.100.1") == Admission::too_many);
    hall.go(1);
    CHECK(hall.come("192.0.2.4") == Admission::welcome);
}

TEST_CASE("a network has at least what one of its addresses has")
{
    Hall hall({.total = 100, .per_peer = 10, .per_network = 2});
    for (int i = 0; i < 10; ++i)
        CHECK(hall.come("192.0.2.1") == Admission::welcome);
    CHECK(hall.come("192.0.2.2") == Admission::too_many_from_network);
}

TEST_CASE("new connections of a source are bounded in any minute, and those of others are not")
{
    Hall hall({.total = 10'000, .per_peer = 10'000, .per_network = 10'000, .per_minute = 20});
    std::vector<Crowd::Time> welcomed;
    for (; hall.now < Crowd::Time{} + 5min; hall.now += 500ms)
        if (hall.come("192.0.2.1") == Admission::welcome) welcomed.push_back(hall.now);
    for (const auto begin : welcomed)
        CHECK(std::ranges::count_if(welcomed, [&](auto t) { return t >= begin && t < begin + 1min; }) <= 20);
    CHECK(welcomed.size() >= 55);
    hall.come("192.0.2.1"); // the last there may have been
    CHECK(hall.come("192.0.2.1") == Admission::too_fast);
    CHECK(hall.come("192.0.2.2") == Admission::welcome);
}

TEST_CASE("this machine is free of the limits per network and per minute, unless it is limited, too")
{
    for (const auto loopback : {Loopback::is_free, Loopback::is_limited}) {
        Hall hall({.total = 100, .per_peer = 4, .per_network = 6, .per_minute = 8, .loopback = loopback});
        std::size_t welcome = 0;
        for (int i = 1; i <= 20; ++i)
            if (hall.come(fmt::format("127.0.0.{}", i)) == Admission::welcome) ++welcome;
        CHECK(welcome == (loopback == Loopback::is_free ? 20 : 6));
    }
}

TEST_CASE("when it is crowded the oldest of the greediest that may go gives way, once, and nobody before")
{
    Hall hall({.total = 20, .per_peer = 20, .per_network = 20});
    for (int i = 0; i < 8; ++i)
        hall.come("192.0.2.1", i < 2 ? Standing::stays : Standing::may_go); // 1 to 8
    for (int i = 0; i < 10; ++i)
        hall.come(fmt::format("198.51.100.{}", i)); // 9 to 18
    CHECK(hall.sent_away() == 0);
    hall.come("203.0.113.1"); // 19
    CHECK(hall.sent_away() == 3);
    CHECK(hall.sent_away() == 0); // one for one
    hall.come("203.0.113.2");
    CHECK(hall.sent_away() == 4);
    CHECK(hall.come("203.0.113.3") == Admission::too_many); // those two have not left yet
    hall.go(3);
    hall.go(4);
    CHECK(hall.come("203.0.113.3") == Admission::welcome);
    CHECK(hall.sent_away() == 5);
}

TEST_CASE("of sources that have the same the older gives way, and whoever stays is left alone")
{
    Hall hall({.total = 10, .per_peer = 10, .per_network = 10});
    hall.come("192.0.2.1", Standing::stays);
    for (int i = 2; i <= 9; ++i)
        hall.come(fmt::format("192.0.2.{}", i));
    CHECK(hall.sent_away() == 0);
    hall.come("192.0.2.10");
    CHECK(hall.sent_away() == 2);

    Hall busy({.total = 10, .per_peer = 10, .per_network = 10});
    for (int i = 1; i <= 10; ++i)
        busy.come("192.0.2.1", Standing::stays);
    CHECK(busy.sent_away() == 0);
}

TEST_CASE("whoever comes and goes at random, the counts are those of who is there")
{
    std::mt19937 random(4);
    Hall hall({.total = 40, .per_peer = 5, .per_network = 12, .per_minute = 1'000'000});
    std::map<Crowd::Number, std::string> there;
    for (int step = 0; step < 5'000; ++step) {
        if (random() % 5 < 3) {
            const auto peer = fmt::format("192.0.{}.{}", random() % 4, random() % 6);
            const auto origin = origin_of(peer);
            const auto same = [&](const auto& each) { return each.second == peer; };
            const auto near = [&](const auto& each) {
                return origin_of(each.second).network == origin.network;
            };
            const auto expected = there.size() >= 40                        ? Admission::too_many
                                  : std::ranges::count_if(there, same) >= 5 ? Admission::too_many_from_source
                                  : std::ranges::count_if(there, near) >= 12
                                      ? Admission::too_many_from_network
                                      : Admission::welcome;
            CHECK(hall.come(peer) == expected);
            if (expected == Admission::welcome) there.emplace(hall.last, peer);
            hall.sent_away();
        } else if (!there.empty()) {
            const auto gone = std::next(there.begin(), static_cast<std::ptrdiff_t>(random() % there.size()));
            hall.go(gone->first);
            there.erase(gone);
        }
        CHECK(hall.crowd.size() == there.size());
    }
}
