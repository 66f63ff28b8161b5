#pragma once
// Running a program of the system to its end: fixed argument vector, empty environment, no shell (SECURITY
// 9).

#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/base/secret.h"

namespace metka::sys {

// Blocks until the program has ended and gives its exit status, or 128 + the number of the signal that ended
// it. `path` is absolute. Standard input, output and error are /dev/null; signals are as in a fresh process.
// Faults: io, unavailable (it could not be started).
Result<int> run(const std::string& path, const std::vector<std::string>& arguments);
// The same with `input` on its standard input: how a password reaches a tool, since arguments are for all to
// see. invalid: more than 4 KiB.
Result<int> run(const std::string& path, const std::vector<std::string>& arguments, const Secret& input);

} // namespace metka::sys
