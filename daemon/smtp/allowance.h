#pragma once
// How much of the messages on their way in is kept in memory, by all sessions together. While there is
// enough, a small message needs no file before it is whole; when there is none left, it gets its file early,
// so that thousands of clients who stop in the middle hold little.

#include <cstddef>

#include "core/base/bytes.h"

namespace metka::smtp {

class Allowance {
  public:
    explicit Allowance(Bytes most) : left_(static_cast<std::ptrdiff_t>(most.count)) {}
    Allowance(const Allowance&) = delete;
    Allowance& operator=(const Allowance&) = delete;

    bool is_spent() const { return left_ <= 0; }

    // What one message holds of it.
    class Share {
      public:
        explicit Share(Allowance& of) : of_(&of) {}
        Share(Share&& other) noexcept : of_(other.of_), held_(other.held_) { other.held_ = 0; }
        Share(const Share&) = delete;
        Share& operator=(const Share&) = delete;
        Share& operator=(Share&&) = delete;
        ~Share() { hold(0); }

        void hold(std::size_t octets)
        {
            const auto now = static_cast<std::ptrdiff_t>(octets);
            of_->left_ -= now - held_;
            held_ = now;
        }
        bool is_spent() const { return of_->is_spent(); }

      private:
        Allowance* of_;
        std::ptrdiff_t held_ = 0;
    };

  private:
    std::ptrdiff_t left_;
};

} // namespace metka::smtp
