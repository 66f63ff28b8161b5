#pragma once
// Runs a coroutine in a test's own event loop and hands back what it came to.

#include <exception>
#include <optional>
#include <utility>

#include <asio/awaitable.hpp>
#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>

namespace metka {

template <class Value>
Value awaited(asio::io_context& loop, asio::awaitable<Value> coroutine)
{
    std::optional<Value> value;
    std::exception_ptr escaped;
    asio::co_spawn(loop, std::move(coroutine), [&](std::exception_ptr exception, Value result) {
        escaped = exception;
        value.emplace(std::move(result));
    });
    loop.restart();
    while (!value)
        if (loop.run_one() == 0) break;
    if (escaped) std::rethrow_exception(escaped);
    return std::move(*value);
}

} // namespace metka
