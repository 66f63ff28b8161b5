#include "daemon/access/posture.h"

namespace metka::access {

sys::Posture posture(const settings::Settings& settings)
{
    return {.user = settings.users_access, .sockets = sys::Sockets::accepting};
}

} // namespace metka::access
