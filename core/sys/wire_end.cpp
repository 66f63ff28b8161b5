#include "core/sys/wire_end.h"

#include <sys/socket.h>

namespace metka::sys {

bool is_wire_end(int descriptor)
{
    int type = 0;
    socklen_t size = sizeof type;
    return getsockopt(descriptor, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_SEQPACKET;
}

} // namespace metka::sys
