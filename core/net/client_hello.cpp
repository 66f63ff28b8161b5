#include "core/net/client_hello.h"

#include <array>
#include <cstdint>

#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

namespace metka::net {

namespace {

constexpr std::size_t record_head = 5; // type, version, length (RFC 8446 §5.1)
constexpr std::uint8_t handshake = 22;
constexpr std::size_t largest_hello = std::size_t{16} * 1024;

// Only TCP wakes its reader late.
bool wakes_late(int socket)
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

bool wake_after(int socket, int bytes)
{
    return setsockopt(socket, SOL_SOCKET, SO_RCVLOWAT, &bytes, sizeof bytes) == 0;
}

} // namespace

std::size_t missing_of_first_record(int socket)
{
    if (!wakes_late(socket)) return 0;
    std::array<std::uint8_t, record_head> head{};
    const auto got = recv(socket, head.data(), head.size(), MSG_PEEK | MSG_DONTWAIT);
    if (got > 0 && head[0] != handshake) return 0;
    const auto length = static_cast<std::size_t>(head[3]) << 8U | head[4];
    const auto wanted = got < static_cast<ssize_t>(record_head) ? record_head : record_head + length;
    int there = 0;
    if (ioctl(socket, FIONREAD, &there) != 0 || wanted > record_head + largest_hello) return 0;
    if (static_cast<std::size_t>(there) >= wanted || peer_has_gone(socket)) return 0;
    return wake_after(socket, static_cast<int>(wanted)) ? wanted - static_cast<std::size_t>(there) : 0;
}

void reset_wakeup(int socket)
{
    if (wakes_late(socket)) wake_after(socket, 1);
}

} // namespace metka::net
