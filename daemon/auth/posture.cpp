#include "daemon/auth/posture.h"

#include <grp.h>
#include <utility>

namespace metka::auth {

namespace {

constexpr auto* shadow_group = "shadow"; // of Debian and its kin; elsewhere root alone reads shadow(5)

} // namespace

sys::Posture posture(const settings::Settings& settings)
{
    std::vector<std::string> groups{settings.users_directory_group};
    if (getgrnam(shadow_group) != nullptr) groups.emplace_back(shadow_group);
    return {.user = settings.users_auth,
            .groups = std::move(groups),
            .places = {{settings.state_folder + "/directory", sys::Reach::read},
                       {settings.state_folder + "/secrets", sys::Reach::modify},
                       {"/etc", sys::Reach::read}}, // passwd and shadow are made anew at each change
            .threads = sys::Threads::many,
            .folders = sys::Folders::keeping};
}

} // namespace metka::auth
