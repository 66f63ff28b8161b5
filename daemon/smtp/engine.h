#pragma once
// metka-smtp without its main: listeners in, sessions out. metkad hands over the sockets and certificates.

#include <functional>
#include <memory>
#include <string>

#include <asio/any_io_executor.hpp>

#include "core/net/server.h"
#include "core/net/tls.h"
#include "core/sys/descriptor.h"
#include "daemon/smtp/collaborators.h"

namespace metka::smtp {

class SmtpEngine {
  public:
    // The engine and whom it asks outlive the event loop.
    SmtpEngine(asio::any_io_executor executor, net::ConnectionLimits connections, Collaborators collaborators,
               House house);

    // For sessions that begin from now on; those under way keep the house they began in.
    void adopt(House house, net::ConnectionLimits connections);
    // For sessions that begin from now on. Before the first one STARTTLS is not offered, and 465 closes at
    // once; the same from an empty one on.
    void use_certificate(std::shared_ptr<net::TlsContext> certificate);
    // "smtp", "submission" or "submissions"; not_found for any other name, conflict for the same at the same
    // address.
    Result<void> listen(const std::string& name, const std::string& address, sys::Descriptor listener);
    Result<void> close_listener(const std::string& name, const std::string& address); // see net::Server
    // No new connections; `done` when the last session has ended.
    void drain(std::function<void()> done, net::Pace pace = net::Pace::at_once);

  private:
    Collaborators collaborators_;
    std::shared_ptr<const House> house_; // of the sessions to come
    std::shared_ptr<net::TlsContext> certificate_;
    net::Server server_;
};

} // namespace metka::smtp
