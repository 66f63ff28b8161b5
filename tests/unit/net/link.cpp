#include <doctest/doctest.h>

#include "core/net/spawn.h"
#include "core/net/wire.h"
#include "tests/unit/net/loop.h"

using namespace metka;
using namespace metka::net;

namespace {

struct Word {
    static constexpr std::uint16_t kind = 0x7001;
    std::string text;
    void fields(auto& each) { each(text); }
};

Frame numbered(std::string text, std::uint32_t number)
{
    auto frame = sys::encode(Word{std::move(text)});
    frame.number = number;
    return frame;
}

// The asking end of a wire that a link gets, and the end that it leads to.
struct Replaceable {
    explicit Replaceable(Loop& loop)
    {
        auto pair = sys::make_wire();
        REQUIRE(pair);
        asking = Wire::open(loop.executor(), std::move(pair->one), "server");
        asking->serve({});
        peer = std::move(pair->other);
    }
    // Takes the next request and answers it.
    void answer(std::string text) const
    {
        Frame request;
        REQUIRE(sys::receive_frame(peer.get(), request) == sys::Passed::whole);
        auto frame = numbered(std::move(text), request.number);
        frame.answer = true;
        REQUIRE(sys::send_frame(peer.get(), frame) == sys::Passed::whole);
    }
    std::shared_ptr<Wire> asking;
    sys::Descriptor peer;
};

} // namespace

namespace {

asio::awaitable<Result<Word>> ask_link(Link& link)
{
    auto answer = co_await link.ask_for<Word>(Word{"ab"});
    co_return answer;
}

asio::awaitable<void> note_link(Link& link, std::vector<std::string>& order)
{
    const auto answer = co_await ask_link(link);
    order.push_back(answer ? answer->text : answer.error().text);
}

} // namespace

TEST_CASE("a link without a wire is unavailable, and takes what it is told without complaint")
{
    Loop loop;
    Link link;
    CHECK_FALSE(link.is_up());
    link.tell(numbered("told", 0));
    const auto answer = loop.run(ask_link(link));
    REQUIRE_FALSE(answer);
    CHECK(answer.error().fault == Fault::unavailable);
}

TEST_CASE("a request stays with the wire it went out on when the link is given another")
{
    Loop loop;
    Replaceable old(loop);
    const Replaceable fresh(loop);
    Link link;
    link.replace(old.asking);
    std::vector<std::string> order;
    spawn(loop.executor(), note_link(link, order), "ask");
    loop.settle();
    link.replace(fresh.asking);
    old.peer.reset();
    loop.until([&] { return order.size() == 1; });
    CHECK(order.front() == "server has gone");

    spawn(loop.executor(), note_link(link, order), "ask again");
    loop.settle();
    fresh.answer("abab");
    loop.until([&] { return order.size() == 2; });
    CHECK(order.back() == "abab");
}

TEST_CASE("a wire that was replaced is closed when the last request on it has its answer, and not before")
{
    Loop loop;
    const Replaceable old(loop);
    const Replaceable fresh(loop);
    Link link;
    link.replace(old.asking);
    std::vector<std::string> order;
    spawn(loop.executor(), note_link(link, order), "ask");
    loop.settle();
    link.replace(fresh.asking);
    loop.settle();
    CHECK(old.asking->is_open());

    old.answer("answered");
    loop.until([&] { return order.size() == 1; });
    CHECK(order.front() == "answered");
    CHECK_FALSE(old.asking->is_open());
    CHECK(fresh.asking->is_open());
}

TEST_CASE("a wire that was replaced stays open for whoever holds it, and an idle one is closed at once")
{
    Loop loop;
    const Replaceable first(loop);
    const Replaceable second(loop);
    Link link;
    link.replace(first.asking);
    auto hold = link.hold();
    auto another = hold;
    link.replace(second.asking);
    CHECK(first.asking->is_open());
    hold.reset();
    CHECK(first.asking->is_open());
    another.reset();
    CHECK_FALSE(first.asking->is_open());

    link.replace(nullptr);
    CHECK_FALSE(second.asking->is_open());
    CHECK_FALSE(link.is_up());
    CHECK(link.hold() == nullptr);
}
