#pragma once
// Two ends of a wire for a test, and what is asked over it.

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "core/net/wire.h"
#include "tests/unit/net/loop.h"

namespace metka::net {

struct Word {
    static constexpr std::uint16_t kind = 0x7001;
    std::string text;
    void fields(auto& each) { each(text); }
};

using Answer = Result<Frame>;

inline asio::awaitable<Answer> echo(Frame request)
{
    const auto word = sys::decode<Word>(request);
    if (!word) co_return pass(word);
    co_return sys::encode(Word{word->text + word->text});
}

inline asio::awaitable<Result<Word>> ask(std::shared_ptr<Wire> wire, std::string text,
                                         std::chrono::milliseconds deadline = Wire::patience)
{
    auto answer = co_await wire->ask_for<Word>(Word{std::move(text)}, deadline);
    co_return answer;
}

inline Frame numbered(std::string text, std::uint32_t number)
{
    auto frame = sys::encode(Word{std::move(text)});
    frame.number = number;
    return frame;
}

inline asio::awaitable<void> note(std::shared_ptr<Wire> wire, std::string text,
                                  std::vector<std::string>& order)
{
    const auto answer = co_await ask(wire, std::move(text));
    order.push_back(answer ? answer->text : answer.error().text);
}

// Both ends as wires, or one end as a bare socket for a peer that keeps to no rules.
struct Ends {
    explicit Ends(Wire::Handler handler = echo)
    {
        auto pair = sys::make_wire();
        REQUIRE(pair);
        serving = Wire::open(loop.executor(), std::move(pair->one), "asker");
        serving->serve(std::move(handler), [this] { ++closed; });
        peer = std::move(pair->other);
    }

    std::shared_ptr<Wire> wire()
    {
        auto made = Wire::open(loop.executor(), std::move(peer), "server");
        made->serve({});
        return made;
    }

    Frame receive()
    {
        Frame frame;
        loop.until([&] { return sys::receive_frame(peer.get(), frame) == sys::Passed::whole; });
        return frame;
    }

    Loop loop;
    int closed = 0;
    std::shared_ptr<Wire> serving;
    sys::Descriptor peer;
};

} // namespace metka::net
