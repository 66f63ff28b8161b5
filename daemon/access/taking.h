#pragma once
// How long a client may take over what it is sent. One that takes a little before each wait is over could
// hold its session, and its inbox, for days (SECURITY 33): so on the whole it must keep up a rate, too.

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "daemon/access/limits.h"

namespace metka::access {

class Taking {
  public:
    using Patience = std::chrono::milliseconds;

    explicit Taking(const AccessLimits& limits)
        : rate_(std::max<std::uint64_t>(limits.slowest_rate.count, 1)), one_wait_(limits.sending)
    {
    }

    // For the next wait. Zero: it is over.
    Patience patience() const { return std::max(one_wait_ - behind_, Patience::zero()); }

    // So much was taken after so long. What was taken fast is no licence to stand still later.
    void note(std::size_t octets, Patience waited)
    {
        constexpr std::uint64_t most = std::uint64_t{1} << 40; // no product overflows
        const Patience earned(std::min<std::uint64_t>(octets, most) * 1000 / rate_);
        behind_ = std::max(behind_ + waited - earned, Patience::zero());
    }

  private:
    std::uint64_t rate_; // octets a second
    Patience one_wait_;
    Patience behind_{}; // how much longer than at that rate it has taken
};

} // namespace metka::access
