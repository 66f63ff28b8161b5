#include "tests/unit/auth/house.h"

using namespace metka;
using namespace metka::auth;
using namespace metka::auth::test;

TEST_CASE("hashes from elsewhere are kept all together, or none when one of them will not do")
{
    House house;
    auto hasher = Hasher::make(5).value();
    const auto good = hasher->hash(Secret("from elsewhere")).value();
    const auto keep = [&](std::string_view second) {
        login::SetHashes order;
        order.hashes.push_back({.account = house.people.biuro.id, .hash = Secret(good)});
        order.hashes.push_back({.account = house.people.anna.id, .hash = Secret(second)});
        return awaited(house.loop, house.metkad->ask_for<login::Stored>(std::move(order)));
    };
    const auto refused = keep("$1$abcdefgh$0000000000000000000000");
    REQUIRE_FALSE(refused);
    CHECK(refused.error().fault == Fault::invalid);
    CHECK_FALSE(house.secrets.hash_of(house.people.biuro.id).value());
    REQUIRE(keep(good));
    CHECK(house.verdict(Service::submission, biuro, "from elsewhere") == Verdict::right);
    CHECK(house.verdict(Service::submission, "anna", "from elsewhere") == Verdict::right);
}

TEST_CASE("a hash from elsewhere becomes one of ours with the first log-in")
{
    House house;
    const auto foreign = Hasher::make(5).value()->hash(Secret("from elsewhere")).value();
    const auto& account = house.people.biuro.id;
    REQUIRE(house.secrets.set(account, foreign, house.clock.now()));
    const auto kept = [&] { return house.secrets.hash_of(account).value().value(); };
    CHECK(house.verdict(Service::submission, biuro, "wrong") == Verdict::wrong);
    CHECK(kept() == foreign);
    CHECK(house.verdict(Service::submission, biuro, "from elsewhere") == Verdict::right);
    for (int i = 0; i < 10'000 && kept() == foreign; ++i) {
        house.loop.restart();
        house.loop.run_one_for(std::chrono::milliseconds(100));
    }
    CHECK(house.hashes.hasher().is_ours(kept()));
    CHECK(house.verdict(Service::submission, biuro, "from elsewhere") == Verdict::right);
    const auto before = house.hashes.hasher().hashes();
    CHECK(house.verdict(Service::submission, biuro, "another wrong one") == Verdict::wrong);
    CHECK(house.hashes.hasher().hashes() == before + 1);
}

TEST_CASE("a right password is right also where its hash from elsewhere becomes ours while it is tried")
{
    House house;
    const auto other = Hasher::make(5).value();
    const auto& account = house.people.biuro.id;
    const auto foreign = other->hash(Secret("b")).value();
    REQUIRE(house.secrets.set(account, foreign, house.clock.now()));
    const auto ours = Hasher::make(1).value()->hash(Secret("b")).value();
    house.meanwhile = [&] { // as after a log-in by another of its names
        REQUIRE(house.secrets.replace(account, foreign, ours).value());
        house.gatekeeper.trials().replace(account, Secret("b"), ours);
    };
    CHECK(house.verdict(Service::submission, biuro, "b") == Verdict::right);
    const auto before = house.hashes.hasher().hashes();
    CHECK(house.verdict(Service::submission, "marketing@moja-firma.lublin.pl", "b") == Verdict::right);
    CHECK(house.hashes.hasher().hashes() <= before + 1);

    REQUIRE(house.secrets.set(account, foreign, house.clock.now()));
    house.gatekeeper.trials().forget(account);
    house.meanwhile = [&] { // another password that the old hash does not tell from this one
        REQUIRE(house.secrets.replace(account, foreign, ours).value());
        house.gatekeeper.trials().replace(account, Secret("bb"), ours);
    };
    CHECK(house.verdict(Service::submission, biuro, "b") == Verdict::wrong);
}

TEST_CASE("a hash that was replaced meanwhile is not overwritten by one of the password before")
{
    House house;
    const auto& account = house.people.biuro.id;
    REQUIRE(house.secrets.set(account, "new", house.clock.now()));
    CHECK_FALSE(house.secrets.replace(account, "old", "old, hashed by us").value());
    CHECK(house.secrets.hash_of(account).value() == "new");
}
