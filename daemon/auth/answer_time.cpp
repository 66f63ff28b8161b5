#include "daemon/auth/answer_time.h"

#include <algorithm>
#include <utility>

namespace metka::auth {

namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

constexpr int hashes_of_a_step = 32;
constexpr milliseconds shortest_of_all{100};

} // namespace

AnswerTime AnswerTime::after(nanoseconds hash)
{
    const auto step = std::chrono::ceil<milliseconds>(hash * hashes_of_a_step);
    return AnswerTime(std::clamp(step, shortest_of_all, longest_step));
}

void AnswerTime::note(nanoseconds taken, Time now)
{
    const bool is_long_ago = now - since_ >= 2 * remembers;
    if (now - since_ >= remembers) {
        slowest_before_ = std::exchange(slowest_, nanoseconds::zero());
        since_ = now;
    }
    if (is_long_ago) slowest_before_ = nanoseconds::zero();
    slowest_ = std::max(slowest_, taken);
}

// With half as much again for the next that is as slow.
milliseconds AnswerTime::step() const
{
    const auto needed = std::max(slowest_, slowest_before_) * 3 / 2;
    auto step = shortest_;
    while (step < needed && step < longest_step && step.count() > 0)
        step *= 2;
    return std::min(step, longest_step);
}

milliseconds AnswerTime::wait(nanoseconds taken, milliseconds held_back, Time now)
{
    if (shortest_.count() == 0) return held_back;
    note(taken, now);
    const auto length = step();
    const auto over = taken / nanoseconds(length); // steps
    const auto moment = std::max(held_back, length * (over + 1));
    return std::chrono::ceil<milliseconds>(moment - taken);
}

} // namespace metka::auth
