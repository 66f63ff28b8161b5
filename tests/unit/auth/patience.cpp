#include "daemon/auth/patience.h"

#include <algorithm>
#include <map>
#include <random>
#include <vector>

#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace metka;
using namespace metka::auth;
using namespace std::chrono_literals;
using Admission = Patience::Admission;

namespace {

constexpr PatienceLimits small{.source = {.most = 8, .within = 1min},
                               .network = {.most = 40, .within = 1h},
                               .account = {.most = 20, .within = 1h}};

struct Gate {
    explicit Gate(PatienceLimits limits = {}) : patience(limits) {}

    static Guess guess(std::string_view peer, std::string_view account)
    {
        return {.from = net::origin_of(peer), .account = std::string(account)};
    }
    // One guess from its admission to its outcome.
    Admission try_one(std::string_view peer, std::string_view account, Outcome outcome = Outcome::wrong)
    {
        const auto each = guess(peer, account);
        const auto admitted = patience.admit(each, now);
        patience.settle(each, admitted, outcome, now);
        return admitted.admission;
    }
    std::size_t tried_of(int count, std::string_view peer, std::string_view account)
    {
        std::size_t looked_at = 0;
        for (int i = 0; i < count; ++i)
            if (try_one(peer, account) == Admission::look) ++looked_at;
        return looked_at;
    }
    bool is_let_in(std::string_view peer, std::string_view account)
    {
        return try_one(peer, account, Outcome::right) == Admission::look;
    }

    Patience patience;
    Patience::Time now{24h};
};

} // namespace

TEST_CASE("a source tries no more than its number in any minute, whomever it tries, and then goes on slowly")
{
    Gate gate;
    std::vector<Patience::Time> tried;
    for (int i = 0; i < 600; ++i, gate.now += 1s)
        for (int each = 0; each < 3; ++each)
            if (gate.try_one("192.0.2.1", fmt::format("{}", i * 3 + each)) == Admission::look)
                tried.push_back(gate.now);
    for (const auto begin : tried)
        CHECK(std::ranges::count_if(tried, [&](auto t) { return t >= begin && t < begin + 1min; }) <= 16);
    CHECK(tried.size() >= 80); // in ten minutes, half of the number a minute
}

TEST_CASE("beyond the number a right password from there is refused as a wrong one, and elsewhere it opens")
{
    Gate gate;
    CHECK(gate.tried_of(100, "192.0.2.1", "anna") == 8);
    CHECK_FALSE(gate.is_let_in("192.0.2.1", "anna"));
    CHECK_FALSE(gate.is_let_in("192.0.2.1", "biuro"));
    CHECK(gate.is_let_in("192.0.2.2", "anna")); // in the same network, too
    CHECK(gate.is_let_in("198.51.100.1", "anna"));
}

TEST_CASE("right passwords cost nothing, however many come")
{
    Gate gate;
    for (int i = 0; i < 10'000; ++i)
        CHECK(gate.is_let_in("192.0.2.1", fmt::format("{}", i % 200)));
    CHECK(gate.patience.delay(Gate::guess("192.0.2.1", "0"), gate.now) == 0ms);
}

TEST_CASE("an account that opened from an address lately does so still when its neighbours used that up")
{
    Gate gate(small);
    CHECK(gate.is_let_in("192.0.2.1", "anna"));
    CHECK(gate.tried_of(50, "192.0.2.1", "somebody") == 4);
    CHECK_FALSE(gate.is_let_in("192.0.2.1", "biuro"));
    CHECK(gate.is_let_in("192.0.2.1", "anna"));
    CHECK(gate.tried_of(50, "192.0.2.1", "anna") == 2); // but nobody guesses it there without end
    CHECK_FALSE(gate.is_let_in("192.0.2.1", "anna"));
    gate.now += 1min;
    CHECK(gate.is_let_in("192.0.2.1", "anna"));
    gate.now += Patience::acquaintance;
    CHECK(gate.tried_of(50, "192.0.2.1", "somebody") == 4);
    CHECK_FALSE(gate.is_let_in("192.0.2.1", "anna"));
}

TEST_CASE("a source with three accounts that know it and all others together has at most 30 guesses a minute")
{
    Gate gate;
    const std::vector<std::string> known{"anna", "biuro", "sklep"};
    for (const auto& each : known)
        CHECK(gate.is_let_in("192.0.2.1", each));
    std::vector<Patience::Time> tried;
    for (int i = 0; i < 300; ++i, gate.now += 1s) {
        for (std::size_t n = gate.tried_of(5, "192.0.2.1", fmt::format("{}", i)); n > 0; --n)
            tried.push_back(gate.now);
        for (const auto& each : known)
            for (std::size_t n = gate.tried_of(5, "192.0.2.1", each); n > 0; --n)
                tried.push_back(gate.now);
    }
    for (const auto begin : tried)
        CHECK(std::ranges::count_if(tried, [&](auto t) { return t >= begin && t < begin + 1min; }) <= 30);
}

TEST_CASE("who guesses at the accounts of a house one after the other locks none of the others out")
{
    Gate gate;
    for (int i = 0; i < 30; ++i)
        CHECK(gate.is_let_in("192.0.2.1", fmt::format("{}", i)));
    for (int i = 0; i < 29; ++i)
        CHECK(gate.tried_of(10, "192.0.2.1", fmt::format("{}", i)) <= 5);
    CHECK(gate.is_let_in("192.0.2.1", "29"));
    CHECK(gate.is_let_in("192.0.2.1", "29"));
}

TEST_CASE("an attack on an account from many networks leaves its owner in, at home and in a new place")
{
    Gate gate(small);
    CHECK(gate.is_let_in("203.0.113.7", "anna"));
    std::size_t tried = 0;
    for (int i = 0; i < 25; ++i)
        tried += gate.tried_of(3, fmt::format("10.0.{}.1", i), "anna");
    CHECK(tried <= 10 + 25); // each network is heard once
    CHECK(gate.try_one("10.0.1.2", "anna") == Admission::unheard);
    CHECK(gate.is_let_in("203.0.113.7", "anna"));
    CHECK(gate.is_let_in("198.51.100.1", "anna"));
    CHECK(gate.is_let_in("2001:db8::1", "anna"));
    CHECK(gate.try_one("198.51.101.1", "biuro") == Admission::look); // others are not touched by it
}

TEST_CASE("an account that is used up hears so many networks in any hour and no more, and its owner at home")
{
    Gate gate(small);
    CHECK(gate.is_let_in("203.0.113.7", "anna"));
    std::vector<Patience::Time> heard;
    for (int i = 0; i < 10'000; ++i, gate.now += 1s)
        if (gate.try_one(fmt::format("10.{}.{}.1", i / 250, i % 250), "anna") == Admission::look)
            heard.push_back(gate.now);
    for (const auto begin : heard)
        CHECK(std::ranges::count_if(heard, [&](auto t) { return t >= begin && t < begin + 1h; }) <= 20 + 60);
    CHECK(heard.size() >= 80); // it is used to its end
    CHECK(gate.is_let_in("203.0.113.7", "anna"));
    gate.now += 10min;
    CHECK(gate.is_let_in("198.51.100.1", "anna")); // and when it is over, in a new place again
}

TEST_CASE("who walks through all that he has of IPv6 guesses at an account no more often than its number")
{
    for (const auto* const walk : {"2001:db8:0:{:x}::1", "2001:db8:{:x}::1"}) {
        CAPTURE(walk);
        Gate gate;
        std::size_t heard = 0;
        for (int i = 0; i < 65'536; ++i, gate.now += 55ms) // in an hour and no more
            if (gate.try_one(fmt::format(fmt::runtime(walk), i), "anna") == Admission::look) ++heard;
        CHECK(heard <= 100 + 2);
        CHECK(gate.is_let_in("198.51.100.1", "anna"));
        CHECK(gate.is_let_in("2001:db9::1", "anna"));
    }
}

TEST_CASE("one provider's networks are heard once in an hour by each account that is used up")
{
    Gate gate(small);
    for (const auto* const account : {"anna", "biuro"})
        for (int i = 0; i < 10; ++i)
            CHECK(gate.try_one(fmt::format("10.0.{}.1", i), account) == Admission::look);
    const auto right = Gate::guess("2001:db8:1::1", "anna");
    const auto admitted = gate.patience.admit(right, gate.now);
    CHECK(admitted.admission == Admission::look);
    const auto next = Gate::guess("2001:db8:2::1", "anna");
    CHECK(gate.patience.admit(next, gate.now).admission == Admission::wait);
    gate.patience.settle(right, admitted, Outcome::right, gate.now);
    CHECK(gate.try_one("2001:db8:2::1", "anna") == Admission::look);
    CHECK(gate.try_one("2001:db8:3::1", "anna") == Admission::unheard);
    CHECK(gate.try_one("2001:db8:3::2", "biuro") == Admission::unheard); // its network has failed
    CHECK(gate.try_one("2001:db8:4::1", "biuro") == Admission::look);
    CHECK(gate.is_let_in("2001:db8:1::1", "anna")); // where it was opened from
}

TEST_CASE("where only the account has no guess left none is heard, and each counts where it comes from")
{
    Gate gate(small);
    for (int i = 0; i < 10; ++i)
        CHECK(gate.try_one(fmt::format("10.0.{}.1", i), "anna") == Admission::look);
    CHECK(gate.try_one("192.0.2.1", "anna") == Admission::look); // heard once
    gate.now += 4min;
    CHECK(gate.tried_of(4, "192.0.2.1", "anna") == 0);
    CHECK(gate.patience.delay(Gate::guess("192.0.2.1", "anna"), gate.now) == 2s);
    CHECK(gate.try_one("192.0.2.1", "anna") == Admission::refuse);
    CHECK(gate.try_one("192.0.2.1", "nobody") == Admission::refuse);
    gate.now += 3min; // the account has one again: what was not heard cost it none
    CHECK(gate.try_one("192.0.2.1", "anna") == Admission::look);
}

TEST_CASE("who is refused takes nobody's place in what is remembered")
{
    Gate gate(small);
    CHECK(gate.is_let_in("192.0.2.1", "anna"));
    CHECK(gate.tried_of(50, "192.0.2.1", "anna") == 2);
    CHECK(gate.tried_of(50, "192.0.2.1", "biuro") == 2);
    CHECK(gate.tried_of(50, "198.51.100.1", "biuro") == 4);
    const auto before = gate.patience.rows();
    for (int i = 0; i < 1'000; ++i) {
        CHECK(gate.try_one("192.0.2.1", fmt::format("{}", i)) == Admission::refuse);
        CHECK(gate.try_one("198.51.100.1", fmt::format("{}", i)) == Admission::refuse);
        CHECK(gate.try_one("192.0.2.1", "anna") == Admission::refuse);
    }
    CHECK(gate.patience.rows() == before);
}

TEST_CASE("a network that is used up is heard once for each IPv4 address, and not for each IPv6 /64")
{
    Gate gate(small);
    for (int i = 1; i <= 60; ++i) {
        gate.tried_of(1, fmt::format("192.0.2.{}", i), fmt::format("a{}", i));
        gate.tried_of(1, fmt::format("2001:db8:0:{:x}::1", i), fmt::format("b{}", i));
    }
    CHECK(gate.is_let_in("192.0.2.100", "anna"));
    CHECK(gate.try_one("192.0.2.101", "anna") == Admission::look);
    CHECK(gate.try_one("192.0.2.101", "anna") == Admission::refuse);
    CHECK(gate.try_one("2001:db8:0:ffff::1", "anna") == Admission::refuse);
    CHECK(gate.try_one("2001:db8:1:ffff::1", "anna") == Admission::look);
    gate.now += 2h;
    CHECK(gate.try_one("2001:db8:0:ffff::1", "anna") == Admission::look);
}

TEST_CASE("what is under way counts until it is known, and whoever is in doubt waits for it")
{
    Gate gate(small);
    const auto right = Gate::guess("192.0.2.1", "anna");
    std::vector<Patience::Admitted> under_way;
    for (int i = 0; i < 4; ++i) {
        under_way.push_back(gate.patience.admit(right, gate.now));
        CHECK(under_way.back().admission == Admission::look);
    }
    CHECK(gate.patience.admit(right, gate.now).admission == Admission::wait);
    gate.patience.settle(right, under_way[0], Outcome::none, gate.now);
    CHECK(gate.try_one("192.0.2.1", "biuro", Outcome::right) == Admission::look);
    for (int i = 1; i < 4; ++i)
        gate.patience.settle(right, under_way[static_cast<std::size_t>(i)], Outcome::wrong, gate.now);
    CHECK(gate.try_one("192.0.2.1", "anna") == Admission::look);
    CHECK(gate.try_one("192.0.2.1", "anna") == Admission::refuse);
}

TEST_CASE("after three failures of a source its answers are held back, each time longer, up to 15 s")
{
    Gate gate;
    const auto guess = Gate::guess("192.0.2.1", "anna");
    for (const auto expected : {0s, 0s, 0s, 2s, 4s, 8s, 15s, 15s, 15s}) {
        gate.try_one("192.0.2.1", "anna");
        CHECK(gate.patience.delay(guess, gate.now) == expected);
        CHECK(gate.patience.delay(Gate::guess("192.0.2.1", "biuro"), gate.now) == expected);
        CHECK(gate.patience.delay(Gate::guess("192.0.2.2", "anna"), gate.now) == 0s);
    }
    gate.now += 1min;
    CHECK(gate.patience.delay(guess, gate.now) == 0s);
}

TEST_CASE("memory is bounded, whoever comes")
{
    Gate gate;
    for (std::size_t i = 0; i < Patience::most_rows + 10'000; ++i, gate.now += 1ms)
        gate.try_one(fmt::format("10.{}.{}.{}", i >> 16, (i >> 8) & 255, i & 255), fmt::format("{}", i),
                     i % 2 == 0 ? Outcome::wrong : Outcome::right);
    CHECK(gate.patience.rows() <= 7 * Patience::most_rows);
}

TEST_CASE("whatever comes in whatever order, no source is looked at too often, and no owner is locked out")
{
    std::mt19937 random(11);
    Gate gate(small);
    const auto owner = std::string("203.0.113.7");
    REQUIRE(gate.is_let_in(owner, "anna"));
    std::map<std::string, std::vector<Patience::Time>> tried;
    for (int step = 0; step < 20'000; ++step) {
        gate.now += std::chrono::milliseconds(random() % 2'000);
        const auto peer = fmt::format("192.0.{}.{}", random() % 3, random() % 5);
        const auto account = random() % 2 == 0 ? std::string("anna") : fmt::format("{}", random() % 50);
        if (gate.try_one(peer, account) == Admission::look) tried[peer].push_back(gate.now);
        if (step % 100 == 0) CHECK(gate.is_let_in(owner, "anna"));
    }
    for (const auto& [peer, times] : tried)
        for (const auto begin : times)
            CHECK(std::ranges::count_if(times, [&](auto t) { return t >= begin && t < begin + 1min; }) <= 8);
}
