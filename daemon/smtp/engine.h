#pragma once
// metka-smtp without its main: listeners in, sessions out. metkad hands over the sockets and certificates.

#include <functional>
#include <memory>
#include <string_view>

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

    // For sessions that begin from now on. Before the first one STARTTLS is not offered, and 465 closes at
    // once.
    void use_certificate(std::shared_ptr<net::TlsContext> certificate);
    // "smtp", "submission" or "submissions"; not_found for any other name.
    Result<void> listen(std::string_view name, sys::Descriptor listener);
    void drain(std::function<void()> done); // no new connections; `done` when the last session has ended

  private:
    Collaborators collaborators_;
    House house_;
    std::shared_ptr<net::TlsContext> certificate_;
    net::Server server_;
};

} // namespace metka::smtp
