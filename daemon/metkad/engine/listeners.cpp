#include "daemon/metkad/engine/listeners.h"

#include <algorithm>
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
constexpr std::array<ListenerRow, 5> listeners{{
    {"smtp", Program::smtp, &Settings::smtp_listen},
    {"submission", Program::smtp, &Settings::submission_listen},
    {"submissions", Program::smtp, &Settings::submissions_listen},
    {"pop3s", Program::access, &Settings::pop3s_listen},
    {"pop3", Program::access, &Settings::pop3_listen},
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

void share_port(const sys::Descriptor& socket, int on)
{
    setsockopt(socket.get(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
}

// While this lives, sockets may be bound beside those held of the same port, whose addresses overlap theirs.
// No longer: a second Metka must find the port taken.
class SharedPort {
  public:
    SharedPort(std::span<const Listener> held, std::uint16_t port)
    {
        for (const auto& each : held)
            if (each.address.port == port) shared_.push_back(&each.socket);
        for (const auto* each : shared_)
            share_port(*each, 1);
    }
    ~SharedPort()
    {
        for (const auto* each : shared_)
            share_port(*each, 0);
    }
    SharedPort(const SharedPort&) = delete;
    SharedPort& operator=(const SharedPort&) = delete;

  private:
    std::vector<const sys::Descriptor*> shared_;
};

enum class Port { alone, shared };

Result<sys::Descriptor> bind_tcp(const ListenAddress& address, int family, Port port)
{
    sys::Descriptor socket(::socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!socket) return refuse(errno, "address", address.text());
    const int on = 1;
    const int off = 0;
    setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (port == Port::shared) share_port(socket, 1);
    const bool both = address.host == "*";
    if (family == AF_INET6) setsockopt(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, both ? &off : &on, sizeof on);
    const auto to = resolve(address, family);
    if (bind(socket.get(), reinterpret_cast<const sockaddr*>(&to.storage), to.size) != 0)
        return refuse(errno, "address", address.text());
    if (port == Port::alone && ::listen(socket.get(), backlog) != 0)
        return refuse(errno, "address", address.text());
    share_port(socket, 0);
    return socket;
}

Result<sys::Descriptor> bind_address(const ListenAddress& address, Port port)
{
    if (address.host != "*") return bind_tcp(address, address.host.contains(':') ? AF_INET6 : AF_INET, port);
    auto socket = bind_tcp(address, AF_INET6, port);
    const bool no_ipv6 = !socket && socket.error().fault == Fault::invalid;
    return no_ipv6 ? bind_tcp(address, AF_INET, port) : std::move(socket);
}

Result<sys::Descriptor> take_address(const ListenAddress& address, std::span<const Listener> held)
{
    const auto same = std::ranges::find(held, address, &Listener::address);
    if (same != held.end()) {
        auto socket = same->socket.duplicate();
        if (!socket) return fail_errno(errno, "handing a listener on");
        return socket;
    }
    const auto on_this_port = [&](const Listener& each) { return each.address.port == address.port; };
    if (!std::ranges::any_of(held, on_this_port)) return bind_address(address, Port::alone);
    const SharedPort shared(held, address.port);
    return bind_address(address, Port::shared);
}

// A socket file that nobody answers on is left over from a daemon that was killed.
bool is_answered(const sockaddr_un& address)
{
    const sys::Descriptor probe(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    return probe && connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

} // namespace

Result<ListenerChange> bind_listeners(const Settings& wanted, std::span<const Listener> held)
{
    ListenerChange change;
    std::vector<const Listener*> staying;
    for (const auto& row : listeners) {
        for (const auto& address : wanted.*row.addresses) {
            const auto is_it = [&](const Listener& each) {
                return each.name == row.name && each.address == address;
            };
            const auto stays = std::ranges::find_if(held, is_it);
            if (stays != held.end()) {
                staying.push_back(&*stays);
                continue;
            }
            auto socket = take_address(address, held);
            if (!socket) return fail_field(fmt::format("{}.listen", row.name), std::move(socket.error()));
            change.added.push_back({.program = row.program,
                                    .name = std::string(row.name),
                                    .address = address,
                                    .socket = std::move(*socket)});
        }
    }
    for (const auto& each : held)
        if (std::ranges::find(staying, &each) == staying.end())
            change.dropped.push_back({.name = each.name, .address = each.address});
    return change;
}

Result<void> begin_listening(const Listener& listener, std::span<const Listener> held)
{
    const SharedPort shared(held, listener.address.port);
    share_port(listener.socket, 1);
    const bool listens = ::listen(listener.socket.get(), backlog) == 0;
    const int why = errno;
    share_port(listener.socket, 0);
    if (!listens) return refuse(why, "address", listener.address.text());
    return {};
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
