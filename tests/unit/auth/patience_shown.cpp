// What is held against whom, as the operator sees it, and forgiving it.

#include <algorithm>
#include <vector>

#include <doctest/doctest.h>

#include "daemon/auth/patience.h"

using namespace metka;
using namespace metka::auth;
using namespace std::chrono_literals;
using login::Held;
using login::Pardoned;

namespace {

// At once: 8 of a source, 20 of a network, 10 of an account, 4 of an acquaintance.
constexpr PatienceLimits small{.source = {.most = 16, .within = 1min},
                               .network = {.most = 40, .within = 1h},
                               .account = {.most = 20, .within = 1h}};

struct Seen {
    Held held;
    std::string from;
    std::string account;
    Patience::Counted counted;
};

struct Gate {
    void try_one(std::string_view peer, std::string_view account, Outcome outcome = Outcome::wrong)
    {
        const Guess guess{.from = net::origin_of(peer), .account = std::string(account)};
        const auto admitted = patience.admit(guess, now);
        patience.settle(guess, admitted, outcome, now);
    }
    void fail(int times, std::string_view peer, std::string_view account)
    {
        for (int i = 0; i < times; ++i)
            try_one(peer, account);
    }
    std::vector<Seen> all() const
    {
        std::vector<Seen> seen;
        patience.each_counted(
            [&](const Patience::Counted& each) {
                seen.push_back({each.held, std::string(each.from), std::string(each.account), each});
            },
            now);
        return seen;
    }
    std::optional<Seen> find(Held held, std::string_view from, std::string_view account = "") const
    {
        for (const auto& each : all())
            if (each.held == held && each.from == from && each.account == account) return each;
        return std::nullopt;
    }

    Patience patience{small};
    Patience::Time now{24h};
};

std::uint64_t of(const Patience::Pardons& pardons, Held held)
{
    return pardons.at(static_cast<std::size_t>(held));
}

const Patience::Pardon everybody{.whose = Pardoned::all};
const Patience::Pardon thief{.whose = Pardoned::address, .source = "192.0.2.1", .network = "192.0.2.0/24"};

} // namespace

TEST_CASE("wrong guesses are seen by account, network and source, with how many, since when and what is left")
{
    Gate gate;
    CHECK(gate.all().empty());
    gate.fail(2, "192.0.2.1", "anna");
    gate.now += 1s;
    gate.try_one("192.0.2.1", "biuro");
    CHECK(gate.all().size() == 4);
    const auto source = gate.find(Held::address, "192.0.2.1");
    REQUIRE(source);
    CHECK(source->counted.wrong == 3);
    CHECK(source->counted.left == 5);
    CHECK(source->counted.since == 1s);
    CHECK(source->counted.delay == 0s);
    CHECK_FALSE(source->counted.is_held_back());
    CHECK(gate.find(Held::network, "192.0.2.0/24")->counted.left == 17);
    CHECK(gate.find(Held::account, "", "anna")->counted.wrong == 2);
    CHECK(gate.find(Held::account, "", "biuro")->counted.left == 9);
}

TEST_CASE("a source is delayed from its fourth wrong guess on, refused when it has none left, and free when "
          "it says so")
{
    Gate gate;
    gate.fail(4, "192.0.2.1", "anna");
    auto seen = gate.find(Held::address, "192.0.2.1")->counted;
    CHECK(seen.delay == 2s);
    CHECK(seen.left == 4);
    CHECK(seen.is_held_back());
    CHECK(seen.free_in == 7500ms); // one comes back
    gate.fail(4, "192.0.2.1", "biuro");
    seen = gate.find(Held::address, "192.0.2.1")->counted;
    CHECK(seen.left == 0);
    CHECK(seen.delay == Patience::longest_delay);
    gate.now += seen.free_in - 100ms;
    CHECK(gate.find(Held::address, "192.0.2.1")->counted.is_held_back());
    gate.now += 100ms;
    CHECK_FALSE(gate.find(Held::address, "192.0.2.1")->counted.is_held_back());
}

TEST_CASE("an account is refused until a guess has come back, and right guesses are never seen")
{
    Gate gate;
    for (int i = 0; i < 10; ++i)
        gate.try_one("192.0." + std::to_string(i) + ".1", "anna");
    gate.try_one("198.51.100.1", "biuro", Outcome::right);
    const auto seen = gate.find(Held::account, "", "anna")->counted;
    CHECK(seen.left == 0);
    CHECK(seen.delay == 0s);
    CHECK(seen.free_in == 6min); // ten an hour come back
    CHECK_FALSE(gate.find(Held::account, "", "biuro"));
    CHECK_FALSE(gate.find(Held::address, "198.51.100.1"));
}

TEST_CASE("an account at an address that it knows is seen with its own bucket, and what all there share")
{
    Gate gate;
    gate.try_one("192.0.2.1", "anna", Outcome::right);
    CHECK(gate.all().empty());
    gate.fail(4, "192.0.2.1", "anna");
    const auto pair = gate.find(Held::acquaintance, "192.0.2.1", "anna");
    REQUIRE(pair);
    CHECK(pair->counted.wrong == 4);
    CHECK(pair->counted.left == 0);
    CHECK(pair->counted.delay == 2s);
    CHECK(gate.find(Held::neighbours, "192.0.2.1")->counted.left == 0);
    CHECK(gate.find(Held::address, "192.0.2.1")->counted.wrong == 4);
    CHECK_FALSE(gate.find(Held::account, "", "anna"));
}

TEST_CASE("what time has given back is counted no more, and the next wrong guess begins anew")
{
    Gate gate;
    gate.fail(3, "192.0.2.1", "anna");
    gate.now += 24h;
    CHECK(gate.all().empty());
    gate.try_one("192.0.2.1", "anna");
    CHECK(gate.find(Held::address, "192.0.2.1")->counted.wrong == 1);
    CHECK(gate.find(Held::address, "192.0.2.1")->counted.since == 0s);
}

TEST_CASE("an address is pardoned with its network and what it knows, and nobody else is")
{
    Gate gate;
    gate.try_one("192.0.2.1", "anna", Outcome::right);
    gate.fail(4, "192.0.2.1", "anna");
    gate.fail(4, "192.0.2.1", "biuro");
    gate.fail(4, "192.0.2.2", "biuro");
    const auto counted = gate.patience.count_pardons(thief, gate.now);
    CHECK(gate.find(Held::address, "192.0.2.1")); // counting changes nothing
    const auto pardons = gate.patience.pardon(thief, gate.now);
    CHECK(pardons == counted);
    CHECK(of(pardons, Held::address) == 1);
    CHECK(of(pardons, Held::network) == 1);
    CHECK(of(pardons, Held::acquaintance) == 1);
    CHECK(of(pardons, Held::neighbours) == 1);
    CHECK(of(pardons, Held::account) == 0);
    CHECK_FALSE(gate.find(Held::address, "192.0.2.1"));
    CHECK_FALSE(gate.find(Held::network, "192.0.2.0/24"));
    CHECK_FALSE(gate.find(Held::acquaintance, "192.0.2.1", "anna"));
    CHECK(gate.find(Held::address, "192.0.2.2"));
    CHECK(gate.find(Held::account, "", "biuro"));
    gate.try_one("192.0.2.1", "anna"); // and they know each other as before
    CHECK(gate.find(Held::acquaintance, "192.0.2.1", "anna"));
}

TEST_CASE("a network is pardoned with all its sources, of IPv6 too")
{
    for (const auto& [inside, outside, network] :
         {std::tuple{"192.0.2.7", "192.0.3.7", "192.0.2.0/24"},
          std::tuple{"2001:db8:1:5::7", "2001:db8:2::7", "2001:db8:1::/48"}}) {
        CAPTURE(network);
        Gate gate;
        gate.fail(2, inside, "anna");
        gate.fail(2, outside, "anna");
        const auto pardons = gate.patience.pardon({.whose = Pardoned::network, .network = network}, gate.now);
        CHECK(of(pardons, Held::address) == 1);
        CHECK(of(pardons, Held::network) == 1);
        CHECK(gate.all().size() == 3); // the other source, its network, and the account
    }
}

TEST_CASE("an account is pardoned wherever it is known and in its own shell, and its attackers are not")
{
    Gate gate;
    gate.try_one("192.0.2.1", "anna", Outcome::right);
    gate.fail(4, "192.0.2.1", "anna");
    gate.fail(4, "198.51.100.1", "anna");
    gate.fail(4, login::shell_of_account("anna"), "anna");
    const auto pardons = gate.patience.pardon({.whose = Pardoned::account, .account = "anna"}, gate.now);
    CHECK(of(pardons, Held::account) == 1);
    CHECK(of(pardons, Held::acquaintance) == 1);
    CHECK(of(pardons, Held::address) == 1);
    CHECK_FALSE(gate.find(Held::address, login::shell_of_account("anna")));
    CHECK(gate.find(Held::address, "198.51.100.1"));
    CHECK(gate.find(Held::address, "192.0.2.1"));
}

TEST_CASE("who is pardoned is a newcomer again, whichever of its counters was meant")
{
    using Admission = Patience::Admission;
    for (const Patience::Pardon& pardon :
         {everybody, Patience::Pardon{.whose = Pardoned::network, .network = "2001:db8:1::/48"}}) {
        Gate gate;
        for (int i = 0; i < 10; ++i)
            gate.try_one("192.0." + std::to_string(i) + ".1", "anna");
        const Guess guess{.from = net::origin_of("2001:db8:1::1"), .account = "anna"};
        gate.try_one("2001:db8:1::1", "anna");
        const auto unheard = gate.patience.admit(guess, gate.now);
        CHECK(unheard.admission == Admission::unheard);
        gate.patience.settle(guess, unheard, Outcome::wrong, gate.now);
        gate.patience.pardon(pardon, gate.now);
        CHECK(gate.patience.admit(guess, gate.now).admission == Admission::look);
    }
}

TEST_CASE("a pardon of everybody leaves nothing, and what is under way is counted after it")
{
    Gate gate;
    gate.fail(3, "192.0.2.1", "anna");
    const Guess late{.from = net::origin_of("192.0.2.1"), .account = "anna"};
    const auto admitted = gate.patience.admit(late, gate.now);
    gate.patience.pardon(everybody, gate.now);
    CHECK(gate.all().empty());
    gate.patience.settle(late, admitted, Outcome::wrong, gate.now);
    CHECK(gate.find(Held::address, "192.0.2.1")->counted.wrong == 1);
    CHECK(gate.find(Held::account, "", "anna")->counted.wrong == 1);
}
