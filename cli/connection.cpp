#include "cli/connection.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <fmt/format.h>

namespace metka::metkactl {

namespace {

constexpr std::size_t most_answer = std::size_t{64} << 20;

class Socket {
  public:
    explicit Socket(int fd) : fd_(fd) {}
    Socket(const Socket&) = delete;
    Socket& operator=(const Socket&) = delete;
    ~Socket()
    {
        if (fd_ >= 0) ::close(fd_);
    }
    int get() const { return fd_; }

  private:
    int fd_;
};

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

Outcome<void> open(const Socket& socket, const std::string& path)
{
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.empty() || path.size() >= sizeof address.sun_path)
        return stop(status::usage, fmt::format("“{}” cannot be a socket: its path has 1 to {} bytes", path,
                                               sizeof address.sun_path - 1));
    std::memcpy(address.sun_path, path.data(), path.size());
    const timeval patience{.tv_sec = answer_patience.count(), .tv_usec = 0};
    ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    ::setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    int connected = -1;
    do
        connected = ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
    while (connected != 0 && errno == EINTR);
    if (connected != 0) return stop_unreachable(path, errno);
    return {};
}

Outcome<void> send(const Socket& socket, std::string_view line)
{
    while (!line.empty()) {
        const auto sent = ::send(socket.get(), line.data(), line.size(), MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) continue;
        if (sent < 0)
            return stop(status::try_later, fmt::format("metkad hung up: {}; try again", reason(errno)));
        line.remove_prefix(static_cast<std::size_t>(sent));
    }
    return {};
}

Outcome<std::string> receive(const Socket& socket)
{
    std::string answer;
    std::array<char, 16384> piece{};
    while (answer.size() <= most_answer) {
        const auto got = ::recv(socket.get(), piece.data(), piece.size(), 0);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0 && errno == EAGAIN)
            return stop(status::try_later,
                        fmt::format("metkad did not answer within {} s; try again, and see "
                                    "`metkactl status`",
                                    answer_patience.count()));
        if (got <= 0) return stop(status::try_later, "metkad hung up without an answer; try again");
        answer.append(piece.data(), static_cast<std::size_t>(got));
        if (answer.back() == '\n') {
            answer.pop_back();
            return answer;
        }
    }
    return stop(exit_code(Fault::internal), "metkad's answer is too long to be one");
}

} // namespace

Outcome<std::string> ask(const std::string& path, std::string_view line)
{
    const Socket socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (socket.get() < 0)
        return stop(status::try_later, fmt::format("no socket to be had: {}", reason(errno)));
    if (const auto opened = open(socket, path); !opened) return std::unexpected(opened.error());
    if (const auto sent = send(socket, line); !sent) return std::unexpected(sent.error());
    return receive(socket);
}

} // namespace metka::metkactl
