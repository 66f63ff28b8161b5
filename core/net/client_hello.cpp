#include "core/net/client_hello.h"

#include <array>
#include <cerrno>
#include <cstdint>

#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

namespace metka::net {

namespace {

constexpr std::size_t record_head = 5; // type, version, length (RFC 8446 §5.1)
constexpr std::uint8_t handshake = 22;
constexpr std::size_t largest_hello = std::size_t{16} * 1024;
constexpr std::size_t usual_hello = std::size_t{4} * 1024;

// Only TCP wakes its reader late.
bool can_wake_late(int socket)
{
    int domain = 0;
    socklen_t size = sizeof domain;
    if (getsockopt(socket, SOL_SOCKET, SO_DOMAIN, &domain, &size) != 0) return false;
    return domain == AF_INET || domain == AF_INET6;
}

// Then no more will come, and waiting for it would never end.
bool peer_has_gone(int socket)
{
    pollfd asked{.fd = socket, .events = POLLRDHUP, .revents = 0};
    return poll(&asked, 1, 0) != 0;
}

} // namespace

FirstRecord::~FirstRecord()
{
    if (wakes_late_) wake_after(1);
}

bool FirstRecord::is_whole()
{
    std::array<std::uint8_t, usual_hello> begin{};
    const auto got = recv(socket_, begin.data(), begin.size(), MSG_PEEK | MSG_DONTWAIT);
    if (got < 0) return errno != EAGAIN && errno != EINTR;
    if (got == 0 || begin[0] != handshake) return true;
    auto there = static_cast<std::size_t>(got);
    const auto length = static_cast<std::size_t>(begin[3]) << 8U | begin[4];
    const auto wanted = there < record_head ? record_head : record_head + length;
    if (there >= wanted || wanted > record_head + largest_hello) return true;
    int readable = 0;
    if (ioctl(socket_, FIONREAD, &readable) != 0) return true;
    there = static_cast<std::size_t>(readable);
    if (there >= wanted || peer_has_gone(socket_) || !can_wake_late(socket_)) return true;
    return !wake_after(wanted);
}

bool FirstRecord::wake_after(std::size_t bytes)
{
    const int count = static_cast<int>(bytes);
    wakes_late_ = setsockopt(socket_, SOL_SOCKET, SO_RCVLOWAT, &count, sizeof count) == 0;
    return wakes_late_;
}

} // namespace metka::net
