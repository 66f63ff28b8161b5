#pragma once
// Time is handed in, never looked up: rules get an Instant, programs get a Clock.

#include <chrono>

namespace metka {

using Instant = std::chrono::sys_time<std::chrono::milliseconds>;

class Clock {
  public:
    virtual ~Clock() = default;
    virtual Instant now() const = 0;
};

class SystemClock final : public Clock {
  public:
    Instant now() const override
    {
        return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
    }
};

// For tests: stands still until it is told to move.
class SetClock final : public Clock {
  public:
    explicit SetClock(Instant start) : now_(start) {}
    Instant now() const override { return now_; }
    void advance(std::chrono::milliseconds by) { now_ += by; }

  private:
    Instant now_;
};

inline std::int64_t to_unix_ms(Instant instant)
{
    return instant.time_since_epoch().count();
}

inline Instant from_unix_ms(std::int64_t ms)
{
    return Instant{std::chrono::milliseconds{ms}};
}

} // namespace metka
