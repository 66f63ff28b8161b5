#pragma once
// How far a long request has come, on one line of a terminal: drawn at most ten times a second, as wide as
// the terminal is now, and cleared when the bar goes. Where standard error is no terminal nothing is shown.

#include <chrono>
#include <string>

#include "cli/show.h"
#include "core/control/request.h"

namespace metka::metkactl {

class ProgressBar {
  public:
    explicit ProgressBar(Colour colour);
    ProgressBar(const ProgressBar&) = delete;
    ProgressBar& operator=(const ProgressBar&) = delete;
    ~ProgressBar();

    void show(const control::Progress& progress);

  private:
    bool is_seen_;
    Colour colour_;
    bool drawn_ = false;
    std::chrono::steady_clock::time_point last_;
};

// "mailboxes [=====>    ] 1,234 of 10,000  12 %", shorter than `columns`; without a total just the count.
std::string progress_text(const control::Progress& progress, std::size_t columns, Colour colour);

std::string with_commas(std::uint64_t number); // 9,985

} // namespace metka::metkactl
