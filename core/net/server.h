#pragma once
// Accepts connections on sockets that metkad bound, within limits, and runs one session a connection.

#include <functional>
#include <memory>
#include <string>

#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>

#include "core/net/channel.h"

namespace metka::net {

struct ConnectionLimits {
    std::size_t total = 5000;
    std::size_t per_peer = 50; // per IP address; IPv6: per /64
};

// What a connection beyond its limits is told before it is closed, in the clear: "421 4.7.0 …\r\n". May be
// empty.
struct Refusals {
    std::string too_many;
    std::string too_many_from_peer;
};

class Server {
  public:
    using Session = std::function<asio::awaitable<void>(std::shared_ptr<Channel>)>;

    Server(asio::any_io_executor executor, ConnectionLimits limits, Refusals refusals);
    ~Server();

    // Takes a listening socket. An exception out of a session ends that session, is logged and counted.
    void listen(sys::Descriptor listener, std::string name, Session session);
    // Stops accepting and interrupts every session; calls `done` when the last has ended.
    void drain(std::function<void()> done);
    std::size_t connections() const;

  private:
    struct State;
    std::shared_ptr<State> state_;
};

} // namespace metka::net
