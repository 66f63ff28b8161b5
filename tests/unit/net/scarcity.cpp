// What becomes of a wire when this process may open no more files.

#include <optional>

#include <doctest/doctest.h>
#include <sys/resource.h>
#include <unistd.h>

#include "core/net/wire.h"
#include "tests/unit/net/loop.h"

using namespace metka;
using namespace metka::net;

namespace {

// As long as it lives, this process may open nothing.
class Scarcity {
  public:
    Scarcity() : lowest_free_(dup(0))
    {
        REQUIRE(getrlimit(RLIMIT_NOFILE, &before_) == 0);
        const rlimit none{.rlim_cur = static_cast<rlim_t>(lowest_free_.get()), .rlim_max = before_.rlim_max};
        REQUIRE(setrlimit(RLIMIT_NOFILE, &none) == 0);
    }
    Scarcity(const Scarcity&) = delete;
    Scarcity& operator=(const Scarcity&) = delete;
    ~Scarcity() { CHECK(setrlimit(RLIMIT_NOFILE, &before_) == 0); }

  private:
    rlimit before_{};
    sys::Descriptor lowest_free_;
};

struct Word {
    static constexpr std::uint16_t kind = 0x7001;
    std::string text;
    void fields(auto& each) { each(text); }
};

asio::awaitable<Result<Frame>> echo(Frame request)
{
    co_return request;
}

asio::awaitable<Result<Frame>> ask(std::shared_ptr<Wire> wire)
{
    auto answer = co_await wire->ask(sys::encode(Word{"ab"}));
    co_return answer;
}

// One end as a wire, the other as a bare socket.
struct Ends {
    Ends()
    {
        auto pair = sys::make_wire();
        REQUIRE(pair);
        wire = Wire::open(loop.executor(), std::move(pair->one), "peer");
        wire->serve(echo);
        peer = std::move(pair->other);
        loop.settle();
    }

    Frame receive()
    {
        Frame frame;
        loop.until([&] { return sys::receive_frame(peer.get(), frame) == sys::Passed::whole; });
        return frame;
    }

    void send_scarce(Frame frame)
    {
        frame.descriptors[0].reset(dup(0));
        REQUIRE(sys::send_frame(peer.get(), frame) == sys::Passed::whole);
        const Scarcity scarcity;
        loop.settle();
    }

    Loop loop;
    std::shared_ptr<Wire> wire;
    sys::Descriptor peer;
};

} // namespace

TEST_CASE("a request whose descriptors may not be opened here is unavailable, and the wire stays")
{
    Ends ends;
    auto request = sys::encode(Word{"ab"});
    request.number = 7;
    ends.send_scarce(std::move(request));
    const auto answer = ends.receive();
    CHECK(answer.kind == 0);
    CHECK(sys::decode_error(answer).fault == Fault::unavailable);
    auto next = sys::encode(Word{"cd"});
    next.number = 8;
    REQUIRE(sys::send_frame(ends.peer.get(), next) == sys::Passed::whole);
    const auto echoed = sys::decode<Word>(ends.receive());
    REQUIRE(echoed);
    CHECK(echoed->text == "cd");
}

TEST_CASE("an answer whose descriptors may not be opened here is unavailable, and the wire stays")
{
    Ends ends;
    std::optional<Result<Frame>> answer;
    const auto keep = [&](const std::exception_ptr&, Result<Frame> result) { answer = std::move(result); };
    asio::co_spawn(ends.loop.context(), ask(ends.wire), keep);
    auto given = sys::encode(Word{"abab"});
    given.number = ends.receive().number;
    given.answer = true;
    ends.send_scarce(std::move(given));
    REQUIRE(answer);
    REQUIRE_FALSE(*answer);
    CHECK(answer->error().fault == Fault::unavailable);
    CHECK(ends.wire->is_open());
}
