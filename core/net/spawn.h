#pragma once
// The one way to start a coroutine that nobody awaits. An exception that escapes it is a bug: it is logged as
// "bug.exception" with the coroutine's name and counted; it ends nothing but that coroutine.

#include <cstdint>
#include <string>

#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>

namespace metka::net {

void spawn(const asio::any_io_executor& executor, asio::awaitable<void> coroutine, std::string name);
std::uint64_t escaped_exceptions();

} // namespace metka::net
