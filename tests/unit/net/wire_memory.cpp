// What a wire keeps while nobody asks over it: each open inbox has one.

#include <doctest/doctest.h>

#include "core/net/wire.h"
#include "tests/unit/net/heap.h"
#include "tests/unit/net/loop.h"

using namespace metka;
using namespace metka::net;

namespace {

asio::awaitable<Result<Frame>> echo(Frame request)
{
    co_return request;
}

asio::awaitable<Result<Frame>> ask(std::shared_ptr<Wire> wire)
{
    Frame question;
    question.kind = 0x7001;
    question.body = std::string(1000, 'q');
    auto answer = co_await wire->ask(std::move(question));
    co_return answer;
}

} // namespace

TEST_CASE("an idle wire keeps little memory, whatever has been asked over it")
{
    constexpr std::size_t many = 200;
    Loop loop;
    std::vector<sys::WirePair> pairs;
    for (std::size_t i = 0; i < many; ++i) {
        auto pair = sys::make_wire();
        REQUIRE(pair);
        pairs.push_back(std::move(*pair));
    }
    std::vector<std::shared_ptr<Wire>> asking;
    std::vector<std::shared_ptr<Wire>> serving;
    asking.reserve(many);
    serving.reserve(many);
    const auto before = in_use();
    for (auto& pair : pairs) {
        asking.push_back(Wire::open(loop.executor(), std::move(pair.one), "metka-store"));
        asking.back()->serve(nullptr);
        serving.push_back(Wire::open(loop.executor(), std::move(pair.other), "inbox"));
        serving.back()->serve(echo);
    }
    for (int round = 0; round < 3; ++round)
        for (const auto& each : asking) {
            const auto answer = loop.run(ask(each));
            REQUIRE(answer);
        }
    loop.settle();
    const auto each = (in_use() - before) / (2 * many);
    MESSAGE("bytes kept by one end of an idle wire: ", each);
    if (!is_sanitized) CHECK(each < 1024);
}
