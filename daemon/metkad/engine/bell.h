#pragma once
// Coroutines of one event loop that wait for each other.

#include <chrono>
#include <cstdint>
#include <list>
#include <memory>
#include <utility>

#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>
#include <asio/steady_timer.hpp>

namespace metka::metkad {

using Steady = std::chrono::steady_clock;

constexpr auto without_end = Steady::time_point::max();

// Wakes everybody who waits. Whoever is woken looks again whether what it waits for has come.
class Bell {
  public:
    explicit Bell(asio::any_io_executor executor)
        : executor_(std::move(executor)), waiting_(std::make_shared<std::list<asio::steady_timer*>>())
    {
    }
    void ring();
    asio::awaitable<void> wait(Steady::time_point until = without_end);

  private:
    asio::any_io_executor executor_;
    std::shared_ptr<std::list<asio::steady_timer*>> waiting_; // those who wait may outlive the bell
};

// One after the other, in the order in which they asked.
class Turn {
    struct Queue {
        explicit Queue(asio::any_io_executor executor) : bell(std::move(executor)) {}
        Bell bell;
        std::uint64_t next = 0;
        std::uint64_t served = 0;
    };

  public:
    // The next one has its turn when this goes.
    class Held {
      public:
        explicit Held(std::shared_ptr<Queue> queue) : queue_(std::move(queue)) {}
        Held(Held&&) noexcept = default;
        Held& operator=(Held&&) = delete;
        ~Held();

      private:
        std::shared_ptr<Queue> queue_;
    };

    explicit Turn(asio::any_io_executor executor) : queue_(std::make_shared<Queue>(std::move(executor))) {}
    asio::awaitable<Held> take();

  private:
    std::shared_ptr<Queue> queue_;
};

} // namespace metka::metkad
