#pragma once
// The switch from one generation to another, step by step, and all the way back if a step fails (DESIGN §5):
// written and durable – checked by every program – new ports bound – `current` renamed – every program told,
// each answering with the generation it now runs – certificates, new listeners, old listeners. Until the last
// answer the old generation is one rename and one message away.

#include <functional>

#include <asio/awaitable.hpp>

#include "daemon/metkad/configuration/certificate_watch.h"
#include "daemon/metkad/configuration/generations.h"
#include "daemon/metkad/engine/household.h"

namespace metka::metkad {

struct Target {
    Generation generation;
    settings::Loaded loaded;
    bool is_new = false; // not written yet
};

// What a switch changes; all of it outlives it.
struct Changing {
    settings::Settings& in_force; // replaced whole once the programs have answered
    Generations& generations;
    Household& household;
    CertificateWatch& certificates;
    // What of the directory follows the settings, the host domain: whether it can, and then that it does.
    std::function<Result<void>(const settings::Settings&)> check_directory;
    std::function<Result<void>(const settings::Settings&)> settle_directory;
    std::function<Result<void>()> write_zones;
};

// What each program is started with under a generation. `settings`: who the programs are. invalid: no such
// user.
Result<std::map<Program, Place>> places_of(const Generation& generation, const settings::Settings& settings);
Engines engine_files(const Generation& generation);

// Faults: invalid (refused by a program), unavailable (one died or was silent), io; denied, conflict (ports).
// After each of them `before` is in force, as if nothing had been.
asio::awaitable<Result<void>> change_over(Changing& changing, const Target& target, const Target& before);

} // namespace metka::metkad
