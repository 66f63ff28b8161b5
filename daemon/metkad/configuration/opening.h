#pragma once
// Which generation an instance begins with. Usually what metka.yaml says now, as a new generation if it is
// not the one that ran. But files that were refused, or set aside by a rollback, are not tried again until
// somebody has changed them: a restart at night must not undo what was mended in the day.

#include <optional>
#include <string>

#include "core/base/clock.h"
#include "core/directory/directory.h"
#include "daemon/metkad/configuration/generations.h"

namespace metka::metkad {

struct Chosen {
    Generation generation;
    settings::Loaded loaded;             // of the generation
    bool is_new = false;                 // not written yet
    std::optional<std::uint64_t> before; // what ran before, and serves if this one does not
    std::string remark; // why it is not what the files say, or what was wrong with the last one
};

// Ends the history of a switch that a killed metkad had begun. Faults: as of the registry.
Result<Chosen> choose_generation(const settings::Loaded& files, const Generations& generations,
                                 directory::Registry& registry);

// Above every number that was ever given, also to what was refused and has gone.
Result<std::uint64_t> next_number(const Generations& generations, directory::Registry& registry);

// What a generation's own file of all settings says.
Result<settings::Settings> settings_in(const Generation& generation);

} // namespace metka::metkad
