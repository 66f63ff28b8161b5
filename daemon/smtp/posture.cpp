#include "daemon/smtp/posture.h"

namespace metka::smtp {

sys::Posture posture(const settings::Settings& settings)
{
    return {.user = settings.users_smtp,
            .groups = {settings.users_directory_group},
            .places = {{settings.state_folder + "/directory", sys::Reach::read}},
            .sockets = sys::Sockets::accepting};
}

} // namespace metka::smtp
