#pragma once
// The POP3 service: sessions on the listeners that metkad bound (listener.h).

#include <functional>
#include <memory>
#include <string>

#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>

#include "core/net/server.h"
#include "core/net/tls.h"
#include "daemon/access/listener.h"
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
    // "pop3s" or "pop3"; not_found for any other name. For the rest see net::Server.
    Result<void> listen(std::string name, std::string address, sys::Descriptor listener);
    Result<void> close_listener(const std::string& name, const std::string& address);
    // Stops listening; sessions end at their next wait for a command, and delete nothing. Then calls `done`.
    void drain(std::function<void()> done, net::Pace pace = net::Pace::at_once)
    {
        server_.drain(std::move(done), pace);
    }
    std::size_t connections() const { return server_.connections(); }

  private:
    asio::awaitable<void> serve(std::shared_ptr<net::Channel> channel, Tls tls);

    const Collaborators collaborators_;
    std::shared_ptr<const AccessLimits> limits_;
    std::shared_ptr<net::TlsContext> tls_;
    net::Server server_;
};

} // namespace metka::access
