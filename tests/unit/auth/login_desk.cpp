// What metkad asks for the operator, and the least time between two POP3 log-ins.

#include "daemon/auth/login_desk.h"

#include <set>

#include <doctest/doctest.h>

#include "core/directory/memory_directory.h"
#include "core/maildir/protocol.h"
#include "daemon/auth/gatekeeper.h"
#include "tests/unit/directory/folder.h"
#include "tests/unit/directory/people.h"
#include "tests/unit/login/awaited.h"

using namespace metka;
using namespace metka::auth;
using namespace std::chrono_literals;
using login::Held;
using login::Service;
using login::Verdict;
using login::Wanted;

namespace {

constexpr std::string_view biuro = "biuro@moja-firma.lublin.pl";

asio::awaitable<Result<void>> tell_nobody(login::SendingStopped)
{
    co_return Result<void>();
}
asio::awaitable<Result<net::Frame>> grant(net::Frame)
{
    co_return sys::encode(maildir::Done{});
}

// metka-auth with one account that has a password.
struct Desk {
    directory::People people;
    directory::MemoryDirectory directory;
    TestFolder folder;
    Secrets secrets = Secrets::open(folder.file("secrets.db")).value();
    SetClock clock{directory::noon - 1h};
    Remembered::Time time{24h};
    asio::io_context loop;
    net::Link store;
    HashPool hashes{Hasher::make(1).value(), {}};
    PatienceLimits limits{.source = {.most = 4000, .within = 1h}, .account = {.most = 4, .within = 1h}};
    Gatekeeper gatekeeper{directory, secrets, hashes, store, clock, [this] { return time; }, nullptr, limits};
    LoginDiary diary{loop.get_executor(), gatekeeper.logins(), nullptr};
    Postage postage{loop.get_executor(), directory, clock, nullptr, {}, &tell_nobody};
    LoginDesk desk{gatekeeper.trials(), {.book = gatekeeper.logins(), .diary = diary, .postage = postage}};
    std::vector<std::shared_ptr<net::Wire>> wires;

    Desk()
    {
        REQUIRE(people.move_in(directory));
        const auto hash = awaited(loop, hashes.hash(Secret("b"))).value();
        REQUIRE(secrets.set(people.biuro.id, hash, clock.now()));
        auto pair = sys::make_wire().value();
        wires.push_back(net::Wire::open(loop.get_executor(), std::move(pair.one), "store"));
        wires.push_back(net::Wire::open(loop.get_executor(), std::move(pair.other), "auth"));
        wires[0]->serve({});
        wires[1]->serve(&grant);
        store.replace(wires[0]);
    }
    ~Desk()
    {
        for (const auto& wire : wires)
            wire->close();
        loop.restart();
        loop.poll();
    }
    Verdict log_in(Service service, std::string_view password, std::string_view name = biuro,
                   std::string_view peer = "192.0.2.1")
    {
        const auto ask = gatekeeper.handler_for(service);
        login::CheckLogin question{.service = service,
                                   .name = std::string(name),
                                   .password = Secret(password),
                                   .peer = std::string(peer)};
        const auto answer = awaited(loop, ask(sys::encode(question)));
        REQUIRE(answer);
        return sys::decode<login::LoginChecked>(*answer).value().verdict;
    }
    template <class Reply, class Question>
    Reply ask(const Question& question)
    {
        auto answer = desk.answer(sys::encode(question));
        REQUIRE(answer);
        REQUIRE(*answer);
        return sys::decode<Reply>(**answer).value();
    }
    std::vector<login::HeldRow> held(const login::ListHeldBack& question)
    {
        return ask<login::HeldBack>(question).rows;
    }
    std::optional<login::KnownLogin> last()
    {
        const auto known = ask<login::LastLogin>(login::AskLastLogin{.account = people.biuro.id}).logins;
        return known.empty() ? std::nullopt : std::optional(known.front());
    }
};

} // namespace

TEST_CASE("the desk leaves other questions to others, and refuses what is not as its kind says")
{
    Desk here;
    CHECK_FALSE(here.desk.answer(sys::encode(login::RemoveSecrets{})));
    net::Frame broken;
    broken.kind = login::Unblock::kind;
    CHECK_FALSE(here.desk.answer(broken)->has_value());
}

TEST_CASE("a log-in is known by who was let in, whichever was the last")
{
    Desk here;
    CHECK_FALSE(here.last());
    CHECK(here.log_in(Service::pop3, "wrong") == Verdict::wrong);
    CHECK_FALSE(here.last());
    CHECK(here.log_in(Service::pop3, "b") == Verdict::right);
    here.clock.advance(1s);
    CHECK(here.log_in(Service::submission, "b", biuro, "192.0.2.9") == Verdict::right);
    REQUIRE(here.last());
    CHECK(here.last()->service == Service::submission);
    CHECK(here.last()->peer == "192.0.2.9");
    CHECK(here.last()->at == here.clock.now());
    CHECK(here.last()->key.empty());
    here.gatekeeper.logins().forget(here.people.biuro.id);
    CHECK_FALSE(here.last());
}

TEST_CASE("within the login delay a right password by POP3 is too soon, and that moves nothing")
{
    Desk here;
    here.gatekeeper.delay_logins(10s);
    CHECK(here.log_in(Service::pop3, "b") == Verdict::right);
    const auto at = here.clock.now();
    here.clock.advance(9999ms);
    CHECK(here.log_in(Service::pop3, "b") == Verdict::too_soon);
    CHECK(here.log_in(Service::pop3, "wrong") == Verdict::wrong);
    CHECK(here.log_in(Service::submission, "b") == Verdict::right);
    CHECK(here.gatekeeper.logins().last(here.people.biuro.id, Service::pop3)->at == at);
    here.clock.advance(1ms);
    CHECK(here.log_in(Service::pop3, "b") == Verdict::right);
    here.clock.advance(-1h); // a clock that was set back holds nobody up
    CHECK(here.log_in(Service::pop3, "b") == Verdict::right);
    here.gatekeeper.delay_logins(0s);
    CHECK(here.log_in(Service::pop3, "b") == Verdict::right);
}

TEST_CASE("a log-in that opened nothing does not count for the login delay, until another one has opened")
{
    Desk here;
    here.gatekeeper.delay_logins(10s);
    CHECK(here.log_in(Service::pop3, "b") == Verdict::right);
    auto in_use = sys::encode(login::CameToNothing{.account = here.people.biuro.id});
    REQUIRE(awaited(here.loop, here.gatekeeper.handler_for(Service::pop3)(std::move(in_use))));
    CHECK(here.log_in(Service::pop3, "b") == Verdict::right);
    CHECK(here.log_in(Service::pop3, "b") == Verdict::too_soon);
    here.clock.advance(10s);
    CHECK(here.log_in(Service::pop3, "b") == Verdict::right);
    CHECK(here.log_in(Service::pop3, "b") == Verdict::too_soon);
}

TEST_CASE("before a delay is judged, what the program before this one noted is looked up")
{
    Desk here;
    here.gatekeeper.delay_logins(10s);
    here.gatekeeper.look_up_with([&](const InboxId& account) {
        const LastLogin last{
            .key = {}, .service = Service::pop3, .at = here.clock.now(), .peer = "192.0.2.1"};
        here.gatekeeper.logins().add({{.account = account, .login = last}});
    });
    CHECK(here.log_in(Service::pop3, "b") == Verdict::too_soon);
}

TEST_CASE("the list tells accounts by their ids, and counts names that nobody has together")
{
    Desk here;
    for (const auto* const name : {"nobody", "niemand"})
        for (const auto* const password : {"x", "y"})
            CHECK(here.log_in(Service::pop3, password, name) == Verdict::wrong);
    for (const auto* const password : {"x", "y"})
        CHECK(here.log_in(Service::pop3, password) == Verdict::wrong);
    const auto rows = here.held({.wanted = Wanted::held_back});
    REQUIRE(rows.size() == 3); // the address is delayed, the network may go on
    CHECK(rows[0].held == Held::account);
    CHECK(rows[0].account == here.people.biuro.id);
    CHECK(rows[0].wrong == 2);
    CHECK(rows[1].held == Held::address);
    CHECK(rows[1].from == "192.0.2.1");
    CHECK(rows[1].delay > 0);
    CHECK(rows[2].held == Held::nobody);
    CHECK(rows[2].names == 2);
    CHECK(rows[2].wrong == 4);
    CHECK(here.held({.wanted = Wanted::counted}).size() == 4);
    const auto own = here.held({.wanted = Wanted::counted, .account = here.people.biuro.id});
    REQUIRE(own.size() == 1);
    CHECK(own[0].account == here.people.biuro.id);
    CHECK(here.held({.wanted = Wanted::counted, .account = here.people.anna.id}).empty());
}

TEST_CASE("a long list is had page by page, each row once and in order")
{
    Desk here;
    constexpr std::size_t sources = 2 * LoginDesk::rows_in_page + 7;
    for (std::size_t i = 0; i < sources; ++i)
        (void)here.log_in(Service::pop3, "x", fmt::format("name{}", i),
                          fmt::format("10.{}.{}.1", i / 200, i % 200));
    login::ListHeldBack question{.wanted = Wanted::counted};
    std::set<std::pair<Held, std::string>> seen;
    std::size_t pages = 0;
    for (;;) {
        const auto rows = here.held(question);
        if (rows.empty()) break;
        CHECK(rows.size() <= LoginDesk::rows_in_page);
        CHECK(sys::encode(login::HeldBack{.rows = rows}).fits());
        for (const auto& row : rows)
            CHECK(seen.emplace(row.held, row.from).second);
        question.after.assign(1, rows.back());
        ++pages;
    }
    CHECK(pages >= 5);
    CHECK(seen.size() == 2 * sources + 1); // their networks; and nobody
}

TEST_CASE("an unblock that is rehearsed counts what it would forget, and forgets nothing")
{
    Desk here;
    for (const auto* const password : {"x", "y"})
        CHECK(here.log_in(Service::pop3, password) == Verdict::wrong);
    CHECK(here.log_in(Service::submission, "b", biuro, "198.51.100.1") == Verdict::right);
    login::Unblock wanted{.whose = login::Pardoned::account, .account = here.people.biuro.id};
    wanted.carrying = login::Carrying::rehearsal;
    const std::vector<std::uint64_t> one_account{1, 0, 0, 0, 0, 0};
    CHECK(here.ask<login::Unblocked>(wanted).counters == one_account);
    CHECK(here.held({.wanted = Wanted::held_back}).size() == 1);
    wanted.carrying = login::Carrying::out;
    CHECK(here.ask<login::Unblocked>(wanted).counters == one_account);
    CHECK(here.held({.wanted = Wanted::held_back}).empty());
    CHECK(here.ask<login::Unblocked>(wanted).counters == std::vector<std::uint64_t>(6, 0));
}

TEST_CASE("what an account has sent is told by the hour and by the day")
{
    Desk here;
    const login::CountSending three{.account = here.people.biuro.id, .recipients = 3};
    REQUIRE(awaited(here.loop, here.postage.answer(sys::encode(three))));
    here.clock.advance(2h);
    REQUIRE(awaited(here.loop, here.postage.answer(sys::encode(three))));
    const auto sent = here.ask<login::Sent>(login::AskSent{.account = here.people.biuro.id});
    CHECK(sent.in_hour == 3);
    CHECK(sent.in_day == 6);
}
