#pragma once
// The zone snippets of the operator's local zones: STATE/zones/<zone>.zone, what the operator's name server
// $INCLUDEs into each zone (metka-zone(5)).

#include "core/base/result.h"
#include "core/directory/directory.h"
#include "core/settings/settings.h"

namespace metka::metkad {

// One whole file for each local zone, empty ones too; a file whose content has not changed is left alone, and
// so is that of a zone that is local no more: a zone that includes a missing file would not load. Suspended
// domains stay in: without an MX their mail would bounce instead of waiting. Faults: io, and those of the
// registry.
Result<void> write_zones(int state, const settings::Settings& settings, directory::Registry& registry);

} // namespace metka::metkad
