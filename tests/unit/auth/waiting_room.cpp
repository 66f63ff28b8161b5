#include "daemon/auth/waiting_room.h"

#include <vector>

#include <doctest/doctest.h>

#include "core/net/spawn.h"
#include "daemon/auth/trials.h"
#include "tests/unit/login/awaited.h"

using namespace metka;
using namespace metka::auth;

namespace {

using Places = std::vector<WaitingRoom::Place>;

// How many find a place, each from the next address of that network.
std::size_t crowd(WaitingRoom& room, Places& places, std::string_view network, Asker asker, std::size_t most)
{
    std::size_t let_in = 0;
    places.reserve(places.size() + most);
    for (std::size_t number = 0; number < most; ++number) {
        auto place = room.enter(net::origin_of(fmt::format("{}.{}", network, number)), asker);
        if (!place) continue;
        places.push_back(std::move(*place));
        ++let_in;
    }
    return let_in;
}

} // namespace

TEST_CASE("no source and no network takes more than its share of the places, and who left makes room")
{
    WaitingRoom room(RoomLimits{.all = 100, .kept_from_strangers = 0, .of_network = 10, .of_source = 3});
    Places places;
    const auto one = net::origin_of("192.0.2.1");
    for (int i = 0; i < 3; ++i)
        places.push_back(room.enter(one, Asker::stranger).value());
    CHECK_FALSE(room.enter(one, Asker::stranger));
    CHECK(crowd(room, places, "192.0.2", Asker::stranger, 50) == 7);
    CHECK(crowd(room, places, "203.0.113", Asker::stranger, 50) == 10);
    CHECK(room.taken() == 20);
    places.clear();
    CHECK(room.taken() == 0);
    CHECK(room.rows() == 0);
    CHECK(room.enter(one, Asker::stranger));
}

TEST_CASE("strangers leave the last places to acquaintances, who have a share of their own at each address")
{
    WaitingRoom room(RoomLimits{.all = 30, .kept_from_strangers = 10, .of_network = 12, .of_source = 5});
    Places places;
    CHECK(crowd(room, places, "192.0.2", Asker::stranger, 50) == 12);
    CHECK(crowd(room, places, "203.0.113", Asker::stranger, 50) == 8);
    CHECK(crowd(room, places, "198.51.100", Asker::stranger, 50) == 0);
    CHECK(crowd(room, places, "192.0.2", Asker::acquainted, 9) == 9);
    CHECK(crowd(room, places, "198.51.100", Asker::acquainted, 9) == 1);
}

namespace {

const auto anna = InboxId::make(from_unix_ms(1));

struct Door {
    asio::io_context loop;
    HashPool hashes{Hasher::make(1).value(), {}};
    Remembered::Time time{std::chrono::hours(24)};
    Trials trials{hashes, {}, [this] { return time; }};
    std::string hash = awaited(loop, hashes.hash(Secret("a"))).value();

    asio::awaitable<void> try_into(std::string& said, std::string peer, std::string name,
                                   std::string password)
    {
        Candidate candidate{.from = net::origin_of(peer), .name = name, .account = {}, .lock = {}};
        if (name == "anna") candidate.account = anna;
        if (name == "anna") candidate.lock = Lock{.hash = hash, .version = hash};
        const Secret secret(password);
        const auto tried = co_await trials.try_password(std::move(candidate), secret);
        said = !tried ? "later" : tried->verdict == Tried::Verdict::right ? "right" : "not right";
    }
    void knock(std::string& said, const std::string& peer, const std::string& name,
               const std::string& password)
    {
        net::spawn(loop.get_executor(), try_into(said, peer, name, password), "try");
    }
};

} // namespace

TEST_CASE(
    "a network that tries hundreds of passwords at once takes no log-in's place that comes from another")
{
    Door door;
    std::vector<std::string> theirs(600);
    for (std::size_t i = 0; i < theirs.size(); ++i)
        door.knock(theirs[i], fmt::format("10.0.0.{}", i % 250), fmt::format("nobody {}", i), "x");
    std::string hers;
    door.knock(hers, "203.0.113.7", "anna", "a");
    door.loop.restart();
    door.loop.run();
    CHECK(hers == "right");
    CHECK(std::ranges::count(theirs, "later") > 300);
    CHECK(std::ranges::count(theirs, "") == 0);
}

TEST_CASE(
    "strangers who wait keep their places when acquaintances have come and something else has its outcome")
{
    Door door;
    std::vector<std::string> theirs(6 * 64), hers(3 * 40);
    const auto her_address = [](std::size_t i) { return fmt::format("203.0.{}.7", i % 3); };
    for (std::size_t i = 0; i < 3; ++i)
        door.knock(hers[i], her_address(i), "anna", "a");
    door.loop.restart();
    door.loop.run();
    CHECK(std::ranges::count(hers, "right") == 3);
    door.hash = "$6$rounds=400000$salt$"; // takes long, and no password is right
    door.loop.restart();
    door.knock(hers[0], her_address(0), "anna", "b");
    door.loop.poll();
    for (std::size_t i = 0; i < theirs.size(); ++i)
        door.knock(theirs[i], fmt::format("10.0.{}.{}", i / 64, i % 64), "anna", "b");
    door.loop.poll();
    for (std::size_t i = 1; i < hers.size(); ++i)
        door.knock(hers[i], her_address(i), "anna", "b");
    door.loop.poll();
    CHECK(std::ranges::count(theirs, "later") == 0);
    door.trials.pardon({});
    door.loop.poll();
    CHECK(std::ranges::count(theirs, "later") == 0);
    door.loop.run();
    CHECK(std::ranges::count(theirs, "later") == 0);
    CHECK(std::ranges::count(theirs, "") == 0);
}
