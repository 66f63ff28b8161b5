#include <deque>
#include <random>

#include <asio/io_context.hpp>
#include <doctest/doctest.h>

#include "core/directory/memory_directory.h"
#include "core/login/wire_authenticator.h"
#include "core/net/spawn.h"
#include "daemon/auth/postage.h"
#include "tests/unit/directory/folder.h"
#include "tests/unit/directory/people.h"
#include "tests/unit/login/awaited.h"

using namespace metka;
using namespace metka::auth;
using namespace std::chrono_literals;
using login::SendingVerdict;

namespace {

const auto noon = directory::noon;
const auto anna = InboxId::make(noon);

std::unique_ptr<SendingMemory> open(const TestFolder& folder)
{
    auto memory = SendingMemory::open(folder.file("sending.db"));
    REQUIRE(memory);
    return std::move(*memory);
}

// metka-auth as metka-smtp sees it when it asks whether an account may send.
struct Counter {
    explicit Counter(const TestFolder& folder)
    {
        REQUIRE(people.move_in(directory));
        settings.plan_messages_per_hour = 10;
        settings.plan_messages_per_day = 25;
        postage.emplace(loop.get_executor(), directory, clock, open(folder), settings,
                        [this](login::SendingStopped stopped) { return hear(stopped); });
    }
    asio::awaitable<Result<void>> hear(login::SendingStopped stopped)
    {
        if (deaf) co_return fail(Fault::unavailable, "the store is away");
        told.push_back(stopped);
        co_return Result<void>{};
    }
    Result<net::Frame> ask(const InboxId& account, std::uint64_t recipients)
    {
        auto answer = awaited(loop, postage->answer(sys::encode(
                                        login::CountSending{.account = account, .recipients = recipients})));
        loop.restart();
        loop.poll();
        return answer;
    }
    login::SendingCounted counted(std::uint64_t recipients)
    {
        const auto answer = ask(people.biuro.id, recipients);
        REQUIRE(answer);
        return sys::decode<login::SendingCounted>(*answer).value();
    }
    SendingVerdict count(std::uint64_t recipients) { return counted(recipients).verdict; }
    void give_back(std::uint64_t recipients, Instant at)
    {
        const login::GiveBackSending back{people.biuro.id, recipients, at};
        CHECK(awaited(loop, postage->take_back(sys::encode(back))));
        loop.restart();
        loop.poll();
    }

    directory::People people;
    directory::MemoryDirectory directory;
    SetClock clock{noon - 1h};
    asio::io_context loop;
    settings::Settings settings;
    bool deaf = false;
    std::vector<login::SendingStopped> told;
    std::optional<Postage> postage;
};

} // namespace

TEST_CASE("each recipient counts, and what does not fit is refused whole and counts nothing")
{
    SendingBook book;
    const SendingLimits limits{.per_hour = 10, .per_day = 12};
    CHECK_FALSE(book.count(anna, 7, limits, noon));
    CHECK(book.count(anna, 4, limits, noon) == Window::hour);
    CHECK_FALSE(book.count(anna, 3, limits, noon));
    CHECK(book.count(anna, 1, limits, noon) == Window::hour);
    CHECK_FALSE(book.count(InboxId::make(noon), 10, limits, noon));
    CHECK_FALSE(book.count(anna, 2, limits, noon + 2h));
    CHECK(book.count(anna, 1, limits, noon + 2h) == Window::day);
    CHECK_FALSE(book.count(anna, 10, limits, noon + 26h));
    CHECK(book.count(anna, UINT64_MAX, limits, noon + 26h) == Window::hour);
    CHECK_FALSE(book.count(anna, 1'000'000, {}, noon + 26h)); // no limits
}

TEST_CASE("what was not sent after all is taken out of its hour and its day, once, and nothing else is")
{
    SendingBook book;
    const auto both = [&](Instant now) {
        return std::pair(book.sent(anna, Window::hour, now), book.sent(anna, Window::day, now));
    };
    const auto other = InboxId::make(noon);
    book.count(anna, 3, {}, noon);
    book.count(other, 3, {}, noon);
    book.count(anna, 4, {}, noon + 20min);
    book.uncount(anna, 3, noon);
    CHECK(both(noon + 30min) == std::pair(std::uint64_t{4}, std::uint64_t{4}));
    book.uncount(anna, 3, noon); // nothing is there any more
    book.uncount(anna, UINT64_MAX, noon + 80min);
    book.uncount(anna, UINT64_MAX, noon - 240h);
    book.uncount(InboxId::make(noon), 3, noon);
    CHECK(both(noon + 30min) == std::pair(std::uint64_t{4}, std::uint64_t{4}));
    CHECK(book.sent(other, Window::hour, noon) == 3);

    book.count(anna, 0, {}, noon + 3h);
    book.uncount(anna, 4, noon + 20min); // a message that took two hours: the hour is over
    CHECK(both(noon + 3h) == std::pair(std::uint64_t{0}, std::uint64_t{0}));
}

TEST_CASE("more than a limit has room for is told apart, with the smaller limit of those it is beyond")
{
    CHECK_FALSE(SendingBook::never_fits(10, {.per_hour = 10, .per_day = 10}));
    CHECK(SendingBook::never_fits(11, {.per_hour = 10, .per_day = 20}) == Window::hour);
    CHECK(SendingBook::never_fits(30, {.per_hour = 10, .per_day = 20}) == Window::hour);
    CHECK(SendingBook::never_fits(30, {.per_hour = 20, .per_day = 10}) == Window::day);
    CHECK(SendingBook::never_fits(30, {.per_hour = 0, .per_day = 10}) == Window::day);
    CHECK_FALSE(SendingBook::never_fits(1'000'000, {}));
}

TEST_CASE(
    "no hour and no day sees more than its limit, whenever it begins, and a limit is used up to its end")
{
    std::mt19937 random(3);
    SendingBook book;
    const SendingLimits limits{.per_hour = 50, .per_day = 300};
    std::deque<std::pair<Instant, std::uint64_t>> sent;
    std::uint64_t all = 0;
    const auto within = [&](Instant now, std::chrono::hours span) {
        std::uint64_t sum = 0;
        for (const auto& [at, count] : sent)
            if (at > now - span) sum += count;
        return sum;
    };
    for (auto now = noon; now < noon + 24h * 5; now += std::chrono::seconds(random() % 120)) {
        const auto messages = random() % 5 + 1;
        const auto hour = within(now, 1h), day = within(now, 24h);
        CHECK(book.sent(anna, Window::hour, now) >= hour);
        CHECK(book.sent(anna, Window::day, now) >= day);
        if (book.count(anna, messages, limits, now)) continue;
        CHECK(hour + messages <= limits.per_hour);
        CHECK(day + messages <= limits.per_day);
        sent.emplace_back(now, messages);
        all += messages;
    }
    CHECK(all >= 4 * 290);
}

TEST_CASE("what is kept and what was counted since come to the same as what was counted")
{
    TestFolder folder;
    std::mt19937 random(5);
    SendingBook whole, part;
    auto memory = open(folder);
    auto now = noon;
    for (int step = 0; step < 3'000; ++step, now += std::chrono::seconds(random() % 100)) {
        for (auto* const book : {&whole, &part}) {
            book->count(anna, 1, {}, now);
            if (step % 5 == 0) book->uncount(anna, 1, now); // later on, of what is kept already
            if (step % 11 == 0) book->uncount(anna, 1, now - 20min);
        }
        if (step % 7 == 0) {
            const auto counts = part.take_uncounted();
            if (step % 14 == 0)
                part.give_back(counts);
            else
                REQUIRE(memory->add(counts, now));
        }
        if (step % 50 == 1) part.replace(memory->all().value());
        CHECK(part.sent(anna, Window::hour, now) == whole.sent(anna, Window::hour, now));
        CHECK(part.sent(anna, Window::day, now) == whole.sent(anna, Window::day, now));
    }
    CHECK(memory->all().value().size() <= 14 + 26);
}

TEST_CASE("two programs that overlap at an upgrade come to one count")
{
    TestFolder folder;
    auto old_memory = open(folder), new_memory = open(folder);
    SendingBook older, newer;
    older.count(anna, 3, {}, noon);
    newer.count(anna, 4, {}, noon);
    REQUIRE(new_memory->add(newer.take_uncounted(), noon));
    REQUIRE(old_memory->add(older.take_uncounted(), noon));
    newer.count(anna, 1, {}, noon);
    newer.replace(anna, new_memory->of(anna).value());
    CHECK(newer.sent(anna, Window::hour, noon) == 8);
    newer.replace(new_memory->all().value());
    CHECK(newer.sent(anna, Window::hour, noon) == 8);
    CHECK(new_memory->of(InboxId::make(noon)).value().empty());
}

TEST_CASE(
    "an account sends what its plan allows, more if it has a number of its own, and the limit is told once")
{
    TestFolder folder;
    Counter counter(folder);
    CHECK(counter.count(10) == SendingVerdict::allowed);
    CHECK(counter.told.empty());
    for (int i = 0; i < 5; ++i)
        CHECK(counter.count(1) == SendingVerdict::limit);
    REQUIRE(counter.told.size() == 1);
    CHECK(counter.told[0].account == counter.people.biuro.id);
    CHECK(counter.told[0].most == 10);
    CHECK_FALSE(counter.told[0].is_of_a_day);

    for (int hour = 0; hour < 2; ++hour) {
        counter.clock.advance(70min);
        (void)counter.count(10);
        (void)counter.count(5);
    }
    CHECK(counter.count(5) == SendingVerdict::limit);
    REQUIRE_FALSE(counter.told.empty());
    CHECK(counter.told.back().is_of_a_day);
    CHECK(counter.told.back().most == 25);

    auto more = counter.settings;
    more.plan_messages_per_day = 30;
    counter.postage->adopt(more);
    CHECK(counter.count(5) == SendingVerdict::allowed);
    CHECK(counter.count(1) == SendingVerdict::limit);
}

TEST_CASE("a limit that could not be told is told at a later refusal")
{
    TestFolder folder;
    Counter counter(folder);
    counter.deaf = true;
    CHECK(counter.count(10) == SendingVerdict::allowed);
    CHECK(counter.count(1) == SendingVerdict::limit);
    counter.deaf = false;
    CHECK(counter.count(1) == SendingVerdict::limit);
    CHECK(counter.told.empty()); // not at every message
    counter.clock.advance(2min);
    CHECK(counter.count(1) == SendingVerdict::limit);
    CHECK(counter.told.size() == 1);
}

TEST_CASE("what the one before wrote down as it went is found by the one after it, which runs already")
{
    TestFolder folder;
    Counter after(folder);
    SendingBook before;
    before.count(after.people.biuro.id, 9, {}, after.clock.now());
    REQUIRE(open(folder)->add(before.take_uncounted(), after.clock.now()));
    CHECK(after.count(2) == SendingVerdict::limit);
    CHECK(after.count(1) == SendingVerdict::allowed);
    CHECK(after.count(1) == SendingVerdict::limit);
}

TEST_CASE("what is being written down counts, also while what the one before wrote is read again")
{
    for (int i = 0; i < 20; ++i) {
        TestFolder folder;
        Counter counter(folder);
        CHECK(counter.count(10) == SendingVerdict::allowed);
        net::spawn(counter.loop.get_executor(), counter.postage->written().save(), "sending counts");
        counter.loop.restart();
        counter.loop.poll(); // handed over, and not yet known to be written
        CHECK(counter.count(1) == SendingVerdict::limit);
    }
}

TEST_CASE("what was counted and not accepted may be sent still, now and after a restart")
{
    TestFolder folder;
    {
        Counter counter(folder);
        const auto kept = counter.counted(4);
        const auto refused = counter.counted(6);
        CHECK(kept.verdict == SendingVerdict::allowed);
        CHECK(counter.count(1) == SendingVerdict::limit); // two sessions at once do not pass it together
        counter.postage->written().save_now();
        counter.give_back(6, refused.at);
        CHECK(counter.count(5) == SendingVerdict::allowed);
        counter.postage->written().stop();
    }
    CHECK(open(folder)->all().value().front().count == 9);
}

TEST_CASE("what is counted and given back while the program ends is written down at once")
{
    TestFolder folder;
    Counter counter(folder);
    counter.postage->written().stop();
    const auto counted = counter.counted(4);
    CHECK(open(folder)->all().value().front().count == 4);
    counter.give_back(3, counted.at);
    CHECK(open(folder)->all().value().front().count == 1);
}

TEST_CASE("a message that outlasts the metka-auth that counted it is given back to the next, and holds none")
{
    TestFolder folder;
    Counter counter(folder);
    std::vector<std::shared_ptr<net::Wire>> ends;
    net::Link auth;
    const auto replace = [&](net::Wire::Handler handler) {
        auto pair = sys::make_wire().value();
        const auto asking = net::Wire::open(counter.loop.get_executor(), std::move(pair.one), "asked");
        const auto answering = net::Wire::open(counter.loop.get_executor(), std::move(pair.other), "asking");
        asking->serve({});
        answering->serve(std::move(handler));
        auth.replace(asking);
        ends.push_back(answering);
    };
    const auto settle = [&] {
        counter.loop.restart();
        counter.loop.poll();
    };
    std::vector<login::GiveBackSending> given_back;
    {
        std::optional<login::WireSendingCounter> smtp(auth);
        replace([&](net::Frame request) { return counter.postage->answer(std::move(request)); });
        const auto nobody = awaited(counter.loop, smtp->count(InboxId(), 1));
        REQUIRE_FALSE(nobody);
        CHECK(nobody.error().fault == Fault::not_found);
        auto one = awaited(counter.loop, smtp->count(counter.people.biuro.id, 3)).value();
        auto other = awaited(counter.loop, smtp->count(counter.people.biuro.id, 4)).value();
        CHECK(other.verdict == SendingVerdict::allowed);
        replace([&](net::Frame told) -> asio::awaitable<Result<net::Frame>> {
            given_back.push_back(sys::decode<login::GiveBackSending>(told).value());
            co_return sys::encode(login::Stored{});
        });
        settle();
        CHECK_FALSE(ends[0]->is_open());
        {
            const auto refused = std::move(one.postmark);
        }
        settle();
        REQUIRE(given_back.size() == 1);
        CHECK(given_back[0].recipients == 3);
        smtp.reset();
    }
    settle();
    CHECK(given_back.size() == 1);
    auth.replace(nullptr);
    settle();
}

TEST_CASE("a message to more than an hour or a day has room for is never, and nobody is told")
{
    TestFolder folder;
    Counter counter(folder);
    const auto in_an_hour = counter.counted(11);
    CHECK(in_an_hour.verdict == SendingVerdict::never);
    CHECK(in_an_hour.most == 10);
    CHECK_FALSE(in_an_hour.is_of_a_day);
    counter.settings.plan_messages_per_hour = 0;
    counter.postage->adopt(counter.settings);
    const auto in_a_day = counter.counted(26);
    CHECK(in_a_day.verdict == SendingVerdict::never);
    CHECK(in_a_day.most == 25);
    CHECK(in_a_day.is_of_a_day);
    CHECK(counter.told.empty());
    CHECK(counter.count(25) == SendingVerdict::allowed);
    CHECK_FALSE(counter.ask(counter.people.biuro.id, UINT64_MAX));
}

TEST_CASE("counts survive the program that counted, and of an unknown account nothing is counted")
{
    TestFolder folder;
    {
        Counter counter(folder);
        CHECK(counter.count(9) == SendingVerdict::allowed);
        CHECK_FALSE(counter.ask(InboxId::make(noon), 1));
        counter.postage->written().stop();
    }
    Counter again(folder);
    again.people.biuro.id = InboxId(open(folder)->all().value().front().account);
    CHECK(open(folder)->all().value().size() == 2);
    CHECK(open(folder)->all().value().front().count == 9);
}
