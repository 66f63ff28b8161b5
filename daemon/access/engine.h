#pragma once
// The POP3S service: sessions on the listeners that metkad bound, TLS from their first byte (RFC 8314 §3.3).

#include <functional>
#include <memory>
#include <string>

#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>

#include "core/net/server.h"
#include "core/net/tls.h"
#include "daemon/access/session.h"

namespace metka::access {

class AccessEngine {
  public:
    AccessEngine(asio::any_io_executor executor, Collaborators collaborators, AccessLimits limits,
                 net::ConnectionLimits connections);

    // For connections from now on; those under way keep theirs. Without one, connections are closed at once.
    void use_tls(std::shared_ptr<net::TlsContext> context) { tls_ = std::move(context); }
    // For sessions from now on; those under way keep the limits they began with.
    void adopt(AccessLimits limits, net::ConnectionLimits connections);
    Result<void> listen(std::string name, std::string address, sys::Descriptor listener); // see net::Server
    Result<void> close_listener(const std::string& name, const std::string& address);
    // Stops listening; sessions end at their next wait for a command, and delete nothing. Then calls `done`.
    void drain(std::function<void()> done, net::Pace pace = net::Pace::at_once)
    {
        server_.drain(std::move(done), pace);
    }
    std::size_t connections() const { return server_.connections(); }

  private:
    asio::awaitable<void> serve(std::shared_ptr<net::Channel> channel);

    const Collaborators collaborators_;
    std::shared_ptr<const AccessLimits> limits_;
    std::shared_ptr<net::TlsContext> tls_;
    net::Server server_;
};

} // namespace metka::access
