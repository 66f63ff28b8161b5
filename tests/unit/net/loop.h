#pragma once
// An event loop for one test: runs a coroutine to its end, or turns until something has come about.

#include <chrono>
#include <exception>
#include <optional>

#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <asio/redirect_error.hpp>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>
#include <doctest/doctest.h>

namespace metka::net {

class Loop {
  public:
    // A test that gets here hangs; what it waits for comes in milliseconds.
    static constexpr auto patience = std::chrono::seconds(20);

    asio::io_context::executor_type executor() { return context_.get_executor(); }
    asio::io_context& context() { return context_; }

    template <class Value>
    Value run(asio::awaitable<Value> coroutine)
    {
        std::optional<Value> result;
        std::exception_ptr thrown;
        asio::co_spawn(context_, std::move(coroutine), [&](std::exception_ptr exception, Value value) {
            thrown = exception;
            result.emplace(std::move(value));
        });
        until([&] { return result.has_value(); });
        if (thrown) std::rethrow_exception(thrown);
        return std::move(*result);
    }

    void run(asio::awaitable<void> coroutine)
    {
        bool done = false;
        asio::co_spawn(context_, std::move(coroutine), [&](const std::exception_ptr&) { done = true; });
        until([&] { return done; });
    }

    void until(const auto& has_come_about)
    {
        const auto end = std::chrono::steady_clock::now() + patience;
        context_.restart();
        while (!has_come_about()) {
            const auto left = end - std::chrono::steady_clock::now();
            REQUIRE_MESSAGE(left.count() > 0, "what the test waits for does not come");
            if (context_.stopped()) context_.restart();
            context_.run_one_for(std::min<std::chrono::nanoseconds>(left, std::chrono::milliseconds(5)));
        }
    }

    // All that can run without waiting has run.
    void settle()
    {
        context_.restart();
        while (context_.poll() > 0)
            context_.restart();
    }

  private:
    asio::io_context context_{1};
};

} // namespace metka::net
