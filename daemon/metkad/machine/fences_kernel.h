#pragma once
// The system calls that fences are made of: a seam, so that what the kernel of a test machine lacks is tested
// all the same. All as the manual says: -1 and errno.

#include <cstdint>

namespace metka::metkad {

class Kernel {
  public:
    virtual ~Kernel() = default;
    virtual int control(int fd, unsigned long request, void* argument) const; // ioctl(2)
    virtual int quota(int fd, int command, std::uint32_t id,
                      void* argument) const; // quotactl_fd(2); QCMD(…) as command
};

} // namespace metka::metkad
