#include "core/net/spawn.h"

#include <atomic>
#include <exception>

#include <asio/co_spawn.hpp>

#include "core/sys/log.h"

namespace metka::net {

namespace {

std::atomic<std::uint64_t> escaped{0};

void report(const std::string& name, const std::exception_ptr& exception)
{
    ++escaped;
    try {
        std::rethrow_exception(exception);
    } catch (const std::exception& error) {
        sys::log(sys::Level::error, "bug.exception", {{"in", name}, {"what", error.what()}});
    } catch (...) {
        sys::log(sys::Level::error, "bug.exception", {{"in", name}, {"what", "not a std::exception"}});
    }
}

} // namespace

void spawn(const asio::any_io_executor& executor, asio::awaitable<void> coroutine, std::string name)
{
    asio::co_spawn(executor, std::move(coroutine),
                   [name = std::move(name)](const std::exception_ptr& exception) {
                       if (exception) report(name, exception);
                   });
}

void contain(const std::string& name, const std::function<void()>& work)
{
    try {
        work();
    } catch (...) {
        report(name, std::current_exception());
    }
}

std::uint64_t escaped_exceptions()
{
    return escaped;
}

} // namespace metka::net
