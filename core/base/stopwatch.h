#pragma once
// What silence is measured with, and whatever else must not jump when somebody sets the time of day.

#include <chrono>
#include <functional>

namespace metka {

using Stopwatch = std::function<std::chrono::steady_clock::time_point()>;

} // namespace metka
