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
    std::string program;                   // the file name
    std::vector<std::string> arguments;    // without the name itself
    std::optional<sys::Identity> identity; // none: as who we are
    int wire = -1;                         // becomes household::metkad_descriptor
    int lock = -1;                         // becomes household::lock_descriptor
    int configuration = -1;                // becomes household::configuration_descriptor
    int errors = -1;                       // becomes standard error; -1: ours
    std::string folder = {};               // where the program lies; empty: beside metkad
};

// Whoever launches it waits for its end, and then reaps it.
struct Child {
    pid_t pid = 0;
    sys::Descriptor end; // pidfd: readable when it has ended
};
Result<Child> launch(const Launch&); // after a fault nothing runs

// Which file a program is at this moment; an upgrade puts another one in its place.
struct Executable {
    dev_t device = 0;
    ino_t inode = 0;

    bool operator==(const Executable&) const = default;
};
std::optional<Executable> executable_of(const Launch&);

} // namespace metka::metkad
