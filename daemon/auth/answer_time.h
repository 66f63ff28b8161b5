#pragma once
// When a log-in that failed is answered: at a moment that says nothing of what the password was compared
// with. An account whose hash was made elsewhere would else be told by the time that its hash takes, from one
// of ours and from a name that nobody has (SECURITY 14). Pure, with a monotonic clock handed in.
//
// The moment is the end of the step in which the answer was found, counted from the question. A step is as
// long as 32 of our own hashes, in which what other systems make by themselves is over (in our hashes: $6$
// with 5,000 rounds ½, with 500,000 rounds 20, bcrypt with its cost 10 5, with 12 16, yescrypt with the
// highest that is taken 5). Where something took longer lately, a dear hash, or any on a machine that is
// busy, steps are twice, four times … as long for an hour, for all: the first of these may be seen, the next
// are like the others. What needs no hash waits as well, so that nobody has to ask which that is. A right
// password waits for nothing.

#include <chrono>

namespace metka::auth {

class AnswerTime {
  public:
    using Time = std::chrono::steady_clock::time_point;
    static constexpr auto remembers = std::chrono::hours(1);       // what took long; up to twice that
    static constexpr std::chrono::milliseconds longest_step{2500}; // nobody waits longer for having mistyped

    AnswerTime() = default; // no steps: what is found is said
    explicit AnswerTime(std::chrono::milliseconds shortest_step) : shortest_(shortest_step) {}

    // Where a hash of ours takes so much of a processor.
    static AnswerTime after(std::chrono::nanoseconds hash);

    // How long what was found now, and took so long, has to wait yet; at least until `held_back`, counted
    // from the question, too.
    std::chrono::milliseconds wait(std::chrono::nanoseconds taken, std::chrono::milliseconds held_back,
                                   Time now);
    std::chrono::milliseconds step() const;

  private:
    void note(std::chrono::nanoseconds taken, Time now);

    std::chrono::milliseconds shortest_{};
    Time since_{}; // of slowest_
    std::chrono::nanoseconds slowest_{};
    std::chrono::nanoseconds slowest_before_{};
};

} // namespace metka::auth
