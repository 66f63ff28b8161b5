#pragma once
// The files of an instance as metkad takes them: read, checked together, and completed with what the machine
// knows.

#include <string>

#include "core/base/result.h"
#include "core/settings/settings.h"

namespace metka::metkad {

// `config`: the path of metka.yaml; its drop-ins lie beside it (sources.h). invalid: all that is wrong, a
// line each; denied, io: a file cannot be read.
Result<settings::Loaded> load_instance(const std::string& config);

} // namespace metka::metkad
