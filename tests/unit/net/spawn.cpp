#include "core/net/spawn.h"

#include <stdexcept>

#include <doctest/doctest.h>

#include "tests/unit/net/loop.h"

using namespace metka::net;

namespace {

asio::awaitable<void> go_well(bool& went)
{
    went = true;
    co_return;
}

asio::awaitable<void> throw_error()
{
    throw std::runtime_error("a bug");
    co_return;
}

asio::awaitable<void> throw_number()
{
    throw 7;
    co_return;
}

} // namespace

TEST_CASE("an exception that escapes a coroutine is counted, whatever it is, and ends nothing else")
{
    Loop loop;
    const auto before = escaped_exceptions();
    bool went = false;
    spawn(loop.executor(), throw_error(), "first");
    spawn(loop.executor(), throw_number(), "second");
    spawn(loop.executor(), go_well(went), "third");
    loop.until([&] { return went && escaped_exceptions() == before + 2; });
    loop.settle();
    CHECK(escaped_exceptions() == before + 2);
}
