#include "cli/connection.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <fmt/format.h>

namespace metka::metkactl {

namespace {

constexpr std::size_t most_answer = std::size_t{64} << 20;

std::string reason(int error_number)
{
    return std::generic_category().message(error_number);
}

std::unexpected<Failure> stop_unreachable(const std::string& path, int error_number)
{
    const bool gone = error_number == ENOENT || error_number == ECONNREFUSED;
    return stop(status::no_daemon,
                fmt::format("metkad cannot be reached: {}: {}; {}", path, reason(error_number),
                            gone ? "start metkad, or name its socket with --socket or METKA_SOCKET"
                                 : "see who may open that socket"));
}

Outcome<void> connect(int socket, const std::string& path, std::chrono::seconds patience)
{
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.empty() || path.size() >= sizeof address.sun_path)
        return stop(status::usage, fmt::format("“{}” cannot be a socket: its path has 1 to {} bytes", path,
                                               sizeof address.sun_path - 1));
    std::memcpy(address.sun_path, path.data(), path.size());
    const timeval limit{.tv_sec = patience.count(), .tv_usec = 0};
    ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    ::setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    int connected = -1;
    do
        connected = ::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address);
    while (connected != 0 && errno == EINTR);
    if (connected != 0) return stop_unreachable(path, errno);
    return {};
}

} // namespace

Outcome<Connection> Connection::open(const std::string& path, std::chrono::seconds patience)
{
    Connection connection(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), patience);
    if (connection.socket_ < 0)
        return stop(status::try_later, fmt::format("no socket to be had: {}", reason(errno)));
    if (const auto connected = connect(connection.socket_, path, patience); !connected)
        return std::unexpected(connected.error());
    return connection;
}

Connection::Connection(Connection&& other) noexcept
    : socket_(std::exchange(other.socket_, -1)), patience_(other.patience_), heard_(std::move(other.heard_))
{
}

Connection::~Connection()
{
    if (socket_ >= 0) ::close(socket_);
}

Outcome<void> Connection::send(std::string_view line) const
{
    while (!line.empty()) {
        const auto sent = ::send(socket_, line.data(), line.size(), MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) continue;
        if (sent < 0)
            return stop(status::try_later, fmt::format("metkad hung up: {}; try again", reason(errno)));
        line.remove_prefix(static_cast<std::size_t>(sent));
    }
    return {};
}

// One line without its LF.
Outcome<std::string> Connection::receive()
{
    std::array<char, 16384> piece{};
    auto end = heard_.find('\n');
    while (end == std::string::npos) {
        if (heard_.size() > most_answer)
            return stop(exit_code(Fault::internal), "metkad's answer is too long to be one");
        const auto got = ::recv(socket_, piece.data(), piece.size(), 0);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0 && errno == EAGAIN)
            return stop(status::try_later, fmt::format("metkad did not answer within {} s; try again, and "
                                                       "see `metkactl status`",
                                                       patience_.count()));
        if (got <= 0) return stop(status::try_later, "metkad hung up without an answer; try again");
        const auto fresh = std::string_view(piece.data(), static_cast<std::size_t>(got));
        const auto at = fresh.find('\n');
        if (at != std::string_view::npos) end = heard_.size() + at;
        heard_.append(fresh);
    }
    auto line = heard_.substr(0, end);
    heard_.erase(0, end + 1);
    return line;
}

Outcome<std::string> Connection::ask(std::string_view line, const Told& told)
{
    if (const auto sent = send(line); !sent) return std::unexpected(sent.error());
    for (;;) {
        auto heard = receive();
        if (!heard) return heard;
        const auto progress = control::parse_progress(*heard);
        if (!progress) return heard;
        if (told) told(*progress);
    }
}

} // namespace metka::metkactl
