#pragma once
// Who the programs of the engine are: which engine file each reads, which user it becomes, which groups that
// user has besides its own.

#include <map>
#include <optional>
#include <span>

#include "core/base/result.h"
#include "core/household/household.h"
#include "core/settings/settings.h"
#include "core/sys/confine.h"

namespace metka::metkad {

enum class Directory { closed, readable };

struct RosterRow {
    household::Program program;
    settings::Reader reader;
    std::string settings::Settings::* user;
    Directory directory;
};
std::span<const RosterRow> roster(); // in the order in which they are started

// None: an instance that is not root's. Faults: invalid (no such user or group).
Result<std::optional<sys::Identity>> identity_of(const settings::Settings& settings, const RosterRow& row);

// The group that each engine file is given to; nobody's where nobody is root.
Result<std::map<settings::Reader, std::uint32_t>> engine_groups(const settings::Settings& settings);

} // namespace metka::metkad
