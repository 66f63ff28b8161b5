#pragma once
// Engine configuration: one file a program, rendered from the settings, checked by the program itself, and
// switched to by one rename. Content that has not changed is no new generation.

#include <map>
#include <string>

#include "core/base/result.h"
#include "core/settings/settings.h"
#include "daemon/metkad/engine/household.h"

namespace metka::metkad {

struct Generation {
    std::uint64_t number = 0;
    std::map<Program, Place> places; // the engine files, and who reads them
};

// Renders below `state`/generations, has every program check its file, and makes it current. Faults: invalid
// (a program refused its file: its own message), invalid (no such user), io.
Result<Generation> prepare_generation(int state, const settings::Settings& settings);

} // namespace metka::metkad
