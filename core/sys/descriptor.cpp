#include "core/sys/descriptor.h"

#include <fcntl.h>
#include <unistd.h>

namespace metka::sys {

void Descriptor::reset(int fd)
{
    if (fd_ >= 0) close(fd_);
    fd_ = fd;
}

Descriptor Descriptor::duplicate() const
{
    return Descriptor(fd_ < 0 ? -1 : fcntl(fd_, F_DUPFD_CLOEXEC, 3));
}

} // namespace metka::sys
