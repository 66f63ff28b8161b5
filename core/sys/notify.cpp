#include "core/sys/notify.h"

#include <cstdlib>
#include <ctime>
#include <string>

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "core/sys/descriptor.h"

namespace metka::sys {

namespace {

// The manager not listening is no fault of ours: nothing depends on what it hears.
void say(const std::string& state)
{
    const char* const named = std::getenv("NOTIFY_SOCKET");
    const std::string_view path = named != nullptr ? named : "";
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const bool is_socket = path.starts_with('/') || path.starts_with('@');
    if (!is_socket || path.size() >= sizeof address.sun_path) return;
    path.copy(address.sun_path, path.size());
    if (path.front() == '@') address.sun_path[0] = '\0'; // an abstract name
    const Descriptor socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size());
    if (socket)
        sendto(socket.get(), state.data(), state.size(), MSG_NOSIGNAL | MSG_DONTWAIT,
               reinterpret_cast<const sockaddr*>(&address), size);
}

} // namespace

void notify_ready(std::string_view status)
{
    say(fmt::format("READY=1\nSTATUS={}", status));
}

void notify_reloading()
{
    timespec now{};
    clock_gettime(CLOCK_MONOTONIC, &now);
    say(fmt::format("RELOADING=1\nMONOTONIC_USEC={}", now.tv_sec * 1'000'000LL + now.tv_nsec / 1000));
}

void notify_stopping()
{
    say("STOPPING=1");
}

} // namespace metka::sys
