#pragma once
// What the two sweeps share.

#include <vector>

#include "daemon/metkad/provisioning/facts.h"

namespace metka::metkad {

// today: --dry-run. later_day: --at.
enum class Rehearsal { no, today, later_day };

constexpr std::size_t most_steps = 1000; // that an answer tells; the counts are of all

control::Json sentences(const std::vector<Phrase>& phrases);

// Two sweeps of a kind never run at once, however many cron jobs begin them.
class SweepGuard {
  public:
    explicit SweepGuard(bool& running);
    SweepGuard(const SweepGuard&) = delete;
    SweepGuard& operator=(const SweepGuard&) = delete;
    ~SweepGuard();
    bool is_first() const { return is_first_; }

  private:
    bool& running_;
    bool is_first_;
};

} // namespace metka::metkad
