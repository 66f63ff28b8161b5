#include "daemon/resolver/posture.h"

namespace metka::resolver {

sys::Posture posture(std::vector<std::uint16_t> ports)
{
    return {.user = "metka-resolver",
            .groups = {},
            .places = {},
            .sockets = sys::Sockets::asking,
            .threads = sys::Threads::many,
            .ports = std::move(ports)};
}

} // namespace metka::resolver
