#include "daemon/store/posture.h"

namespace metka::store {

sys::Posture posture(const settings::Settings& settings)
{
    return {.user = settings.users_store,
            .groups = {settings.users_directory_group},
            .places = {{settings.state_folder + "/directory", sys::Reach::read},
                       {settings.state_folder + "/mail", sys::Reach::modify},
                       {settings.state_folder + "/store", sys::Reach::modify}},
            .threads = sys::Threads::many,
            .folders = sys::Folders::keeping};
}

} // namespace metka::store
