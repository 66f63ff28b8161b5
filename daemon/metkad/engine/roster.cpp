#include "daemon/metkad/engine/roster.h"

#include <array>
#include <string>
#include <vector>

#include <grp.h>

#include "daemon/metkad/engine/instance.h"

namespace metka::metkad {

namespace {

using household::Program;
using settings::Reader;
using settings::Settings;

// access has no use for the directory: what it may reach comes with a log-in.
constexpr std::array<RosterRow, 4> rows{{
    {Program::store, Reader::store, &Settings::users_store, Directory::readable},
    {Program::auth, Reader::auth, &Settings::users_auth, Directory::readable},
    {Program::smtp, Reader::smtp, &Settings::users_smtp, Directory::readable},
    {Program::access, Reader::access, &Settings::users_access, Directory::closed},
}};

} // namespace

std::span<const RosterRow> roster()
{
    return rows;
}

Result<std::optional<sys::Identity>> identity_of(const Settings& settings, const RosterRow& row)
{
    if (!runs_as_root()) return std::nullopt;
    std::vector<std::string> groups;
    if (row.directory == Directory::readable) groups.push_back(settings.users_directory_group);
    if (row.program == Program::auth && getgrnam("shadow") != nullptr) groups.emplace_back("shadow");
    auto found = sys::identity_of(settings.*row.user, groups);
    if (!found) return pass(found);
    return std::optional(std::move(*found));
}

Result<std::map<Reader, std::uint32_t>> engine_groups(const Settings& settings)
{
    std::map<Reader, std::uint32_t> groups;
    for (const auto& row : rows) {
        const auto who = identity_of(settings, row);
        if (!who) return pass(who);
        if (*who) groups.emplace(row.reader, (*who)->gid);
    }
    return groups;
}

} // namespace metka::metkad
