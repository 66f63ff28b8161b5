// A wire on which one side does not keep up: what may be refused then, and what must not get lost.

#include "core/net/spawn.h"
#include "tests/unit/net/ends.h"

using namespace metka;
using namespace metka::net;
using namespace std::chrono_literals;

TEST_CASE("what was told reaches a peer that reads nothing for long, though its outbox is full")
{
    Ends ends;
    constexpr std::size_t many = 12'000;
    std::vector<std::string> order;
    for (std::size_t i = 0; i < many; ++i)
        spawn(ends.loop.executor(), note(ends.serving, std::string(100, '.'), order), "ask");
    ends.loop.settle();
    REQUIRE(order.size() > 1000);
    REQUIRE(order.front() == "asker is busy");
    ends.serving->tell(sys::encode(Word{"told"}));
    const auto asked = many - order.size();
    for (std::size_t i = 0; i < asked; ++i)
        if (ends.receive().number == 0) FAIL("told too early");
    const auto last = ends.receive();
    CHECK(last.number == 0);
    CHECK(sys::decode<Word>(last)->text == "told");
}

namespace {

// Answers what was asked when the bell rings, and counts what was told.
asio::awaitable<Answer> hold(asio::steady_timer& bell, std::size_t& told, Frame request)
{
    if (request.number == 0) {
        ++told;
    } else {
        asio::error_code ignored;
        co_await bell.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    }
    co_return std::move(request);
}

asio::awaitable<Answer> wait_for(asio::steady_timer& bell, Frame request)
{
    asio::error_code ignored;
    co_await bell.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    co_return std::move(request);
}

void send_many(Ends& ends, std::uint32_t first, std::size_t many, std::uint32_t step)
{
    for (std::size_t i = 0; i < many; ++i, first += step) {
        const auto frame = numbered("x", first);
        ends.loop.until([&] { return sys::send_frame(ends.peer.get(), frame) != sys::Passed::later; });
    }
}

} // namespace

TEST_CASE("while too much is under way more is refused, and what is told is heard all the same")
{
    std::size_t told = 0;
    Loop clock;
    asio::steady_timer bell(clock.executor(), 1h);
    Ends ends([&](Frame frame) { return hold(bell, told, std::move(frame)); });
    send_many(ends, 1, 4096, 1);
    ends.loop.settle();
    send_many(ends, 5000, 1, 1);
    const auto refused = ends.receive();
    CHECK(refused.number == 5000);
    CHECK(sys::decode_error(refused).text == "too much to do");
    send_many(ends, 0, 10, 0);
    ends.loop.until([&] { return told == 10; });
    CHECK(ends.serving->is_open());
    bell.cancel();
    clock.settle();
    for (std::uint32_t i = 0; i < 4096; ++i)
        if (ends.receive().kind != Word::kind) FAIL("no answer to request ", i);
}

TEST_CASE("a peer that tells more than can ever be done loses its wire")
{
    Loop clock;
    asio::steady_timer bell(clock.executor(), 1h);
    Ends ends([&](Frame frame) { return wait_for(bell, std::move(frame)); });
    send_many(ends, 0, 8192, 0);
    ends.loop.settle();
    CHECK(ends.serving->is_open());
    send_many(ends, 0, 1, 0);
    ends.loop.until([&] { return ends.closed == 1; });
    bell.cancel();
    clock.settle();
}

TEST_CASE("the answers to what was done reach a peer that has read nothing meanwhile, each of them")
{
    Loop clock;
    asio::steady_timer bell(clock.executor(), 1h);
    Ends ends([&](Frame frame) { return wait_for(bell, std::move(frame)); });
    send_many(ends, 1, 4096, 1);
    ends.loop.settle();
    std::vector<std::string> order;
    for (std::size_t i = 0; i < 12'000; ++i) // fills the outbox
        spawn(ends.loop.executor(), note(ends.serving, std::string(100, '.'), order), "ask");
    ends.loop.settle();
    REQUIRE(!order.empty());
    bell.cancel();
    clock.settle();
    ends.loop.settle();
    for (std::size_t answers = 0; answers < 4096;)
        if (ends.receive().answer) ++answers;
}

TEST_CASE("requests are answered past the point where their numbers begin again")
{
    Ends ends;
    const auto wire = ends.wire();
    for (int i = 0; i < 300; ++i) {
        const auto answer = ends.loop.run(ask(wire, "ab", 5s));
        if (!answer) FAIL("request ", i, ": ", answer.error().text);
    }
}
