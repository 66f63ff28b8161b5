// What a session does when metka-auth says: not now, not so fast, not so many; and with clients who take
// their time.

#include <doctest/doctest.h>

#include "core/wire/base64.h"
#include "daemon/smtp/arrival.h"
#include "tests/unit/smtp/world.h"

using namespace metka;
using namespace std::chrono_literals;
using smtp::Arrival;
using smtp::SmtpLimits;
using smtp::test::biuro;
using smtp::test::Talk;
using smtp::test::World;

namespace {

// metka-auth when it is asked whether an account may send.
struct Meter final : login::SendingCounter {
    asio::awaitable<Result<login::SendingAnswer>> count(InboxId account, std::uint64_t recipients) override
    {
        asked.emplace_back(account, recipients);
        if (away) co_return fail(Fault::unavailable, "metka-auth is away");
        login::Postmark::GiveBack give_back;
        if (verdict == login::SendingVerdict::allowed) {
            sent += recipients;
            give_back = [this, recipients] { sent -= recipients; };
        }
        co_return login::SendingAnswer{.verdict = verdict, .postmark = login::Postmark(std::move(give_back))};
    }
    std::uint64_t sent = 0;
    std::vector<std::pair<InboxId, std::uint64_t>> asked;
    login::SendingVerdict verdict = login::SendingVerdict::allowed;
    bool away = false;
};

void address(Talk& talk, std::string_view sender)
{
    CHECK(talk.say(fmt::format("MAIL FROM:<{}>", sender)).starts_with("250"));
    for (const auto* const name : {"biuro", "sklep"})
        CHECK(talk.say(fmt::format("RCPT TO:<{}@moja-firma.lublin.pl>", name)).starts_with("250"));
}

std::string send_message(Talk& talk)
{
    CHECK(talk.say("DATA").starts_with("354"));
    talk.send("From: biuro@moja-firma.lublin.pl\r\n\r\nb\r\n");
    return talk.say(".");
}

} // namespace

TEST_CASE("what a logged-in client sends is counted by its recipients, what others send is not")
{
    World world;
    Meter meter;
    world.collaborators.sending = &meter;
    Talk talk(world);
    CHECK(talk.say("EHLO klient").starts_with("250"));
    address(talk, "jan@example.org");
    CHECK(send_message(talk).starts_with("250"));
    CHECK(meter.asked.empty());

    talk.start_tls();
    talk.log_in(biuro, "sekret-biuro");
    for (const auto sender : {biuro, std::string_view()}) { // receipts count, too
        address(talk, sender);
        CHECK(send_message(talk).starts_with("250"));
        REQUIRE_FALSE(meter.asked.empty());
        CHECK(meter.asked.back() == std::pair(world.inbox(biuro), std::uint64_t{2}));
    }
    CHECK(meter.asked.size() == 2);
}

TEST_CASE("what ends without its 250 is given back, whatever ended it, and what was accepted is not")
{
    World world;
    Meter meter;
    world.collaborators.sending = &meter;
    const auto begin = [&](Talk& talk) {
        address(talk, biuro);
        CHECK(talk.say("DATA").starts_with("354"));
        CHECK(meter.sent == 4);
    };
    {
        Talk talk(world);
        talk.start_tls();
        talk.log_in(biuro, "sekret-biuro");
        address(talk, biuro);
        CHECK(send_message(talk).starts_with("250"));
        CHECK(meter.sent == 2);
        begin(talk); // refused by a rule
        talk.send("From: prezes@example.org\r\n\r\nb\r\n");
        CHECK(talk.say(".").starts_with("550 5.7.1"));
        CHECK(meter.sent == 2);
        world.sink.failures.commit = Fault::unavailable; // by the store
        begin(talk);
        CHECK(talk.say("b\r\n.").starts_with("451"));
        CHECK(meter.sent == 2);
        world.sink.failures.commit.reset();
        address(talk, biuro); // forgotten in the middle
        CHECK(talk.say("BDAT 3\r\na").starts_with("250"));
        CHECK(meter.sent == 4);
        CHECK(talk.say("RSET").starts_with("250"));
        CHECK(meter.sent == 2);
        begin(talk); // gone before the last dot
        talk.send("Subject: a\r\n");
    }
    CHECK(meter.sent == 2);
}

TEST_CASE("beyond its limit an account is told to come later, before its message comes, and holds no room")
{
    World world;
    Meter meter;
    world.collaborators.sending = &meter;
    Talk talk(world);
    talk.start_tls();
    talk.log_in(biuro, "sekret-biuro");
    meter.verdict = login::SendingVerdict::limit;
    for (const auto* const answer : {"450 4.7.1", "451 4.3.0"}) {
        address(talk, biuro);
        CHECK(talk.say("DATA").starts_with(answer));
        CHECK(world.sink.held() == 0);
        meter.away = true;
    }
    CHECK(world.sink.delivered.empty());
}

TEST_CASE(
    "when metka-auth looks at no more passwords, nothing is said about this one, and it counts as a failure")
{
    World world;
    world.passwords.pages.find(biuro)->second.verdict = login::Verdict::not_now;
    Talk talk(world);
    talk.start_tls();
    const auto plain = wire::encode_base64(fmt::format("{0}{1}{0}sekret-biuro", '\0', biuro));
    for (int i = 0; i < 2; ++i)
        CHECK(talk.say("AUTH PLAIN " + plain)
                  .starts_with("454 4.7.0 too many wrong passwords lately, try again later ["));
    CHECK(talk.say("AUTH PLAIN " + plain).starts_with("454 4.7.0"));
    CHECK(talk.hear().starts_with("421 4.7.0 too many failed log-ins, goodbye ["));
}

TEST_CASE(
    "a message must keep up a rate once the patience of one wait has passed, and end in time all the same")
{
    SmtpLimits limits;
    limits.data = 3min;
    limits.message_total = 4h;
    limits.slowest_rate = Bytes{100};
    const Arrival::Time begun{};
    Arrival dripping(limits, begun);
    CHECK(dripping.patience(begun) == 3min);
    CHECK(dripping.patience(begun + 2min) == 1min);
    dripping.note(1);
    CHECK(dripping.patience(begun + 2min) == 1min + 10ms);
    CHECK(dripping.patience(begun + 4min) == 0ms);

    Arrival steady(limits, begun);
    for (auto now = begun; now < begun + 3h; now += 1min) {
        steady.note(9'000);
        CHECK(steady.patience(now) == 3min);
    }
    CHECK(steady.patience(begun + 4h - 1min) == 1min);
    CHECK(steady.patience(begun + 4h) == 0ms);

    Arrival fast(limits, begun);
    fast.note(SIZE_MAX);
    CHECK(fast.patience(begun + 1h) == 3min);
    CHECK(fast.patience(begun + 5h) == 0ms);
}

TEST_CASE("an error in each of many messages ends no session, errors without one do")
{
    World world;
    world.house.limits.errors = 3;
    Talk talk(world);
    talk.greet();
    for (int i = 0; i < 5; ++i) {
        CHECK(talk.say("NOSUCH").starts_with("500"));
        CHECK(talk.say("RSET now").starts_with("501"));
        talk.address();
        CHECK(talk.say("DATA").starts_with("354"));
        CHECK(talk.say(".").starts_with("250"));
    }
    for (int i = 0; i < 3; ++i)
        CHECK(talk.say("NOSUCH").starts_with("500"));
    CHECK(talk.say("NOSUCH").starts_with("421 4.7.0"));
}

TEST_CASE("chunk by chunk a message has no more time than in one")
{
    World world;
    world.house.limits.message_total = std::chrono::milliseconds(200);
    Talk talk(world);
    talk.greet();
    talk.address();
    std::string reply;
    while (!talk.client().is_closed()) {
        talk.send("BDAT 1\r\nx");
        reply = talk.hear();
    }
    CHECK(reply.starts_with("421 4.4.2"));
    CHECK(world.sink.held() == 0);
}

TEST_CASE("a transaction that only asks for time loses the room it keeps from others")
{
    World world;
    world.house.limits.command = std::chrono::milliseconds(200);
    Talk talk(world);
    talk.greet();
    talk.say("MAIL FROM:<jan@example.org>");
    std::string reply;
    while (!talk.client().is_closed())
        reply = talk.say("NOOP");
    CHECK(reply.starts_with("421 4.4.2"));
}
