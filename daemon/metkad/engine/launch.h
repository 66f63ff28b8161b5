#pragma once
// Starting a program of ours: exec'd with named descriptors only, as its own user from its first instruction
// on, with an empty environment and no shell.

#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

#include "core/base/result.h"
#include "core/sys/confine.h"
#include "core/sys/descriptor.h"

namespace metka::metkad {

struct Launch {
    std::string program;                   // the file name; it lies beside metkad's own
    std::vector<std::string> arguments;    // without the name itself
    std::optional<sys::Identity> identity; // none: as who we are
    int wire = -1;                         // becomes household::metkad_descriptor
    int lock = -1;                         // becomes household::lock_descriptor
    int errors = -1;                       // becomes standard error; -1: ours
};

Result<pid_t> launch(const Launch&);

struct Ended {
    int status = 0;   // as of exit(3), or 128 + the signal's number
    std::string said; // on standard error
};
Result<Ended> run_to_end(Launch); // blocks; for checks before anything is served

} // namespace metka::metkad
