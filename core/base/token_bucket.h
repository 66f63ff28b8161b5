#pragma once
// At most so many in a time: half of them at once, the other half spread evenly. Pure; the time is handed in.

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>

namespace metka {

// In any span of that length, whenever it begins, there are at most so many. At least 2.
struct Allowance {
    std::uint64_t most = 2;
    std::chrono::milliseconds within{1000};

    double at_once() const
    {
        const auto half = most / 2;
        return static_cast<double>(half);
    }
    double per_millisecond() const
    {
        return (static_cast<double>(most) - at_once()) / static_cast<double>(within.count());
    }
    bool operator==(const Allowance&) const = default;
};

class TokenBucket {
  public:
    using Time = std::chrono::steady_clock::time_point;

    // What was taken and has not been given back by time.
    double spent(const Allowance& allowance, Time now) const
    {
        const std::chrono::duration<double, std::milli> passed = now - at_;
        return std::clamp(spent_ - passed.count() * allowance.per_millisecond(), 0.0, allowance.at_once());
    }
    // How many can be taken now.
    std::uint64_t left(const Allowance& allowance, Time now) const
    {
        constexpr double rounding = 1e-9;
        return static_cast<std::uint64_t>(std::floor(allowance.at_once() - spent(allowance, now) + rounding));
    }
    void take(const Allowance& allowance, Time now) // also where there is none left
    {
        spent_ = std::min(spent(allowance, now) + 1, allowance.at_once());
        at_ = now;
    }
    bool is_full(const Allowance& allowance, Time now) const { return spent(allowance, now) == 0; }

  private:
    double spent_ = 0;
    Time at_{};
};

} // namespace metka
