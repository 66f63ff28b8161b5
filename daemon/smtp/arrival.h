#pragma once
// How long the next bytes of a message may take. A client that sends some before each wait is over could hold
// its session for hours (SECURITY 33): so on average it must keep up a rate, too.

#include <algorithm>
#include <chrono>
#include <cstddef>

#include "daemon/smtp/limits.h"

namespace metka::smtp {

class Arrival {
  public:
    using Time = std::chrono::steady_clock::time_point;

    Arrival(const SmtpLimits& limits, Time begun) : limits_(limits), begun_(begun) {}
    void note(std::size_t octets) { octets_ += octets; }

    // Zero: it is over. The rate counts once the patience of one wait has passed.
    Patience patience(Time now) const
    {
        const auto rate = std::max<std::uint64_t>(limits_.slowest_rate.count, 1);
        const auto longest = std::chrono::ceil<std::chrono::seconds>(limits_.message_total).count();
        const auto seconds = std::min(octets_ / rate, static_cast<std::uint64_t>(longest));
        const Patience earned(seconds * 1000 + octets_ % rate * 1000 / rate);
        const auto by_rate = begun_ + limits_.data + earned;
        const auto ends = std::min(by_rate, begun_ + limits_.message_total);
        const auto left = std::chrono::floor<Patience>(ends - now);
        return std::clamp(left, Patience::zero(), limits_.data);
    }

  private:
    SmtpLimits limits_;
    Time begun_;
    std::uint64_t octets_ = 0;
};

} // namespace metka::smtp
