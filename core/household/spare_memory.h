#pragma once
// What a crowd took goes back to the system when the crowd has left. The allocator keeps freed memory that
// lies between blocks in use; a program that served thousands for a minute would be as large for months.

#include <cstddef>

#include <asio/awaitable.hpp>

namespace metka::household {

// When it is worth the time, which is some milliseconds: much is free that was not free, and given back,
// before.
class SpareMemory {
  public:
    static constexpr std::size_t worth_it = std::size_t{8} << 20;

    // `free`: bytes that the allocator has now. `touched`: bytes that have become the program's since it
    // began, of which those since the last look may be what was given back. True: it is given back now.
    bool is_worth_it(std::size_t free, std::size_t touched);

  private:
    std::size_t given_back_ = 0; // of what is free
    std::size_t touched_ = 0;    // at the last look
};

// Looks four times a minute, for as long as the loop runs.
asio::awaitable<void> give_back_spare_memory();

} // namespace metka::household
