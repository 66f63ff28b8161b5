#include "daemon/auth/posture.h"

namespace metka::auth {

sys::Posture posture(const settings::Settings& settings)
{
    return {.user = settings.users_auth,
            .groups = {settings.users_directory_group},
            .places = {{settings.state_folder + "/directory", sys::Reach::read},
                       {settings.state_folder + "/secrets", sys::Reach::modify}},
            .threads = sys::Threads::many,
            .folders = sys::Folders::keeping};
}

} // namespace metka::auth
