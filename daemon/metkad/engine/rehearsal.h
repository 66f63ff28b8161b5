#pragma once
// A program of ours run to its end, within a time: `--check` of an engine file before it is switched to.

#include <chrono>
#include <map>
#include <string>

#include <asio/awaitable.hpp>

#include "core/base/result.h"
#include "daemon/metkad/engine/household.h"
#include "daemon/metkad/engine/launch.h"

namespace metka::metkad {

struct Ended {
    int status = 0;   // as of exit(3), or 128 + the signal's number
    std::string said; // on standard error; at most 64 KiB
};
// Does not block the loop. After `patience` it is killed: unavailable, “metka-smtp did not finish checking
// within 8 s”.
asio::awaitable<Result<Ended>> run_to_end(Launch launch, std::chrono::seconds patience);

// Every program checks its engine file, all at once, each as who it is going to be, and is shown the very
// bytes it will be started with: no path, so a folder that is not yet anybody's to enter does. invalid: the
// message of the first that refuses.
asio::awaitable<Result<void>> have_checked(std::map<Program, Place> places, std::string folder);

// The same before there is a loop: blocks.
Result<void> have_checked_now(std::map<Program, Place> places, std::string folder);

} // namespace metka::metkad
