#pragma once
// Work that blocks (for the disk, for a hash), done on another thread while the event loop goes on.

#include <exception>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

#include <asio/awaitable.hpp>
#include <asio/post.hpp>
#include <asio/redirect_error.hpp>
#include <asio/steady_timer.hpp>
#include <asio/this_coro.hpp>
#include <asio/thread_pool.hpp>
#include <asio/use_awaitable.hpp>

namespace metka::net {

// Does `work` on one of `threads` and returns what it returns; whoever awaits goes on in its own event loop,
// whose context must outlive the threads. Only the work itself ever runs elsewhere: no coroutine changes its
// thread.
template <class Work>
asio::awaitable<std::invoke_result_t<Work&>> run_aside(asio::thread_pool& threads, Work work)
{
    struct Errand {
        Work work;
        asio::steady_timer done; // cancelled when it is
        std::optional<std::invoke_result_t<Work&>> result;
        std::exception_ptr thrown;
    };
    const auto loop = co_await asio::this_coro::executor;
    const auto errand = std::make_shared<Errand>(
        std::move(work), asio::steady_timer(loop, asio::steady_timer::time_point::max()));
    asio::post(threads, [loop, held = errand]() mutable {
        try {
            held->result.emplace(held->work());
        } catch (...) {
            held->thrown = std::current_exception();
        }
        asio::post(loop, [held = std::move(held)] { held->done.cancel(); });
    });
    // The cancel comes through this loop, so it cannot come before the wait has begun.
    asio::error_code ignored;
    co_await errand->done.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    if (errand->thrown) std::rethrow_exception(errand->thrown);
    co_return std::move(*errand->result);
}

} // namespace metka::net
