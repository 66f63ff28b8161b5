#include "daemon/metkad/engine/listeners.h"

#include <array>
#include <cerrno>
#include <cstring>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace metka::metkad {

namespace {

using settings::ListenAddress;
using settings::Settings;

struct ListenerRow {
    std::string_view name;
    Program program;
    std::vector<ListenAddress> Settings::* addresses;
};
constexpr std::array<ListenerRow, 4> listeners{{
    {"smtp", Program::smtp, &Settings::smtp_listen},
    {"submission", Program::smtp, &Settings::submission_listen},
    {"submissions", Program::smtp, &Settings::submissions_listen},
    {"pop3s", Program::access, &Settings::pop3s_listen},
}};

constexpr int backlog = 4096; // the kernel takes less if it must (net.core.somaxconn)

struct SocketAddress {
    sockaddr_storage storage{};
    socklen_t size = 0;
};

SocketAddress resolve(const ListenAddress& address, int family)
{
    SocketAddress result;
    result.storage.ss_family = static_cast<sa_family_t>(family);
    const bool any = address.host == "*";
    if (family == AF_INET6) {
        auto& v6 = reinterpret_cast<sockaddr_in6&>(result.storage);
        v6.sin6_port = htons(address.port);
        if (!any) inet_pton(AF_INET6, address.host.c_str(), &v6.sin6_addr);
        result.size = sizeof v6;
    } else {
        auto& v4 = reinterpret_cast<sockaddr_in&>(result.storage);
        v4.sin_port = htons(address.port);
        if (!any) inet_pton(AF_INET, address.host.c_str(), &v4.sin_addr);
        result.size = sizeof v4;
    }
    return result;
}

std::unexpected<Error> refuse(int error_number, std::string_view what, std::string_view where)
{
    if (error_number == EADDRINUSE)
        return fail(Fault::conflict, "{} {} is taken by another program; stop that one or choose another",
                    what, where);
    if (error_number == EACCES || error_number == EPERM)
        return fail(Fault::denied, "not permitted to bind {} {}: ports below 1024 need root", what, where);
    return fail(Fault::invalid, "{} {} cannot be bound: {}", what, where, std::strerror(error_number));
}

Result<sys::Descriptor> bind_tcp(const ListenAddress& address, int family)
{
    sys::Descriptor socket(::socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!socket) return refuse(errno, "address", address.text());
    const int on = 1;
    const int off = 0;
    setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    const bool both = address.host == "*";
    if (family == AF_INET6) setsockopt(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, both ? &off : &on, sizeof on);
    const auto to = resolve(address, family);
    if (bind(socket.get(), reinterpret_cast<const sockaddr*>(&to.storage), to.size) != 0 ||
        ::listen(socket.get(), backlog) != 0)
        return refuse(errno, "address", address.text());
    return socket;
}

Result<sys::Descriptor> bind_address(const ListenAddress& address)
{
    if (address.host != "*") return bind_tcp(address, address.host.contains(':') ? AF_INET6 : AF_INET);
    auto socket = bind_tcp(address, AF_INET6);
    const bool no_ipv6 = !socket && socket.error().fault == Fault::invalid;
    return no_ipv6 ? bind_tcp(address, AF_INET) : std::move(socket);
}

// A socket file that nobody answers on is left over from a daemon that was killed.
bool is_answered(const sockaddr_un& address)
{
    const sys::Descriptor probe(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    return probe && connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

} // namespace

Result<std::vector<Listener>> bind_listeners(const Settings& settings)
{
    std::vector<Listener> bound;
    for (const auto& row : listeners) {
        for (const auto& address : settings.*row.addresses) {
            auto socket = bind_address(address);
            if (!socket) return fail_field(fmt::format("{}.listen", row.name), std::move(socket.error()));
            bound.push_back(
                {.program = row.program, .name = std::string(row.name), .socket = std::move(*socket)});
        }
    }
    return bound;
}

Result<sys::Descriptor> bind_control_socket(const std::string& path)
{
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path)
        return fail(Fault::invalid, "{} is too long for a socket: at most {} bytes", path,
                    sizeof address.sun_path - 1);
    path.copy(address.sun_path, path.size());
    if (is_answered(address)) return refuse(EADDRINUSE, "control socket", path);
    unlink(path.c_str());
    sys::Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!socket) return refuse(errno, "control socket", path);
    // Everybody may knock: who it is, the kernel says.
    if (bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
        chmod(path.c_str(), 0666) != 0 || ::listen(socket.get(), 128) != 0)
        return refuse(errno, "control socket", path);
    return socket;
}

} // namespace metka::metkad
