#pragma once
// A file descriptor that closes itself. Every descriptor Metka opens is close-on-exec.

#include <utility>

namespace metka::sys {

class Descriptor {
  public:
    Descriptor() = default;
    explicit Descriptor(int fd) : fd_(fd) {} // takes ownership; -1: none
    Descriptor(Descriptor&& other) noexcept : fd_(other.release()) {}
    Descriptor& operator=(Descriptor&& other) noexcept
    {
        if (this != &other) reset(other.release());
        return *this;
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    ~Descriptor() { reset(); }

    int get() const { return fd_; }
    explicit operator bool() const { return fd_ >= 0; }
    int release() { return std::exchange(fd_, -1); }
    void reset(int fd = -1);
    Descriptor duplicate() const; // none if the kernel has none to give

  private:
    int fd_ = -1;
};

} // namespace metka::sys
