#pragma once
// One question to metkad over its control socket, and the answer. Blocking: metkactl has nothing else to do.

#include <chrono>
#include <string>
#include <string_view>

#include "cli/failure.h"

namespace metka::metkactl {

constexpr std::chrono::seconds answer_patience{60};

// `line` with its LF goes out, one line comes back without it. Statuses: no_daemon if nobody listens at
// `path`, try_later if the connection broke or no answer came in time.
Outcome<std::string> ask(const std::string& path, std::string_view line);

} // namespace metka::metkactl
