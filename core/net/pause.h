#pragma once
// A wait of one coroutine, which holds nothing but itself.

#include <chrono>

#include <asio/awaitable.hpp>

namespace metka::net {

asio::awaitable<void> pause(std::chrono::milliseconds time); // none where it is not above zero

} // namespace metka::net
