#pragma once
// The one way to start a coroutine that nobody awaits. An exception that escapes it is a bug: it is logged as
// "bug.exception" with the coroutine's name and counted; it ends nothing but that coroutine.

#include <cstdint>
#include <functional>
#include <string>

#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>

namespace metka::net {

void spawn(const asio::any_io_executor& executor, asio::awaitable<void> coroutine, std::string name);
// The same for a piece of work that the event loop calls and that is no coroutine.
void contain(const std::string& name, const std::function<void()>& work);
std::uint64_t escaped_exceptions();

} // namespace metka::net
