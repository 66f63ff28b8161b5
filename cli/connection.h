#pragma once
// Questions to metkad over its control socket, and the answers. Blocking: metkactl has nothing else to do.

#include <chrono>
#include <functional>
#include <string>
#include <string_view>

#include "cli/failure.h"
#include "core/control/request.h"

namespace metka::metkactl {

constexpr std::chrono::seconds answer_patience{60}; // for each line, of progress or of the answer

using Told = std::function<void(const control::Progress&)>;

class Connection {
  public:
    // Statuses: no_daemon if nobody listens at `path`.
    static Outcome<Connection> open(const std::string& path, std::chrono::seconds patience = answer_patience);
    Connection(Connection&&) noexcept;
    Connection& operator=(Connection&&) = delete;
    ~Connection();

    // `line` with its LF goes out, the answer comes back without it; what metkad tells of its progress until
    // then goes to `told`. try_later if the connection broke or nothing came in time.
    Outcome<std::string> ask(std::string_view line, const Told& told = {});

  private:
    Connection(int socket, std::chrono::seconds patience) : socket_(socket), patience_(patience) {}
    Outcome<void> send(std::string_view line) const;
    Outcome<std::string> receive();

    int socket_;
    std::chrono::seconds patience_;
    std::string heard_; // of the next line
};

} // namespace metka::metkactl
