#include "daemon/access/engine.h"

#include "core/sys/log.h"

namespace metka::access {

// Refusals are empty: a client that expects TLS can make nothing of words in the clear.
AccessEngine::AccessEngine(asio::any_io_executor executor, Collaborators collaborators, AccessLimits limits,
                           net::ConnectionLimits connections)
    : collaborators_(std::move(collaborators)),
      limits_(limits),
      server_(std::move(executor), connections, net::Refusals{})
{
}

void AccessEngine::listen(std::string name, sys::Descriptor listener)
{
    server_.listen(std::move(listener), std::move(name),
                   [this](std::shared_ptr<net::Channel> channel) { return serve(std::move(channel)); });
}

asio::awaitable<void> AccessEngine::serve(std::shared_ptr<net::Channel> channel)
{
    const auto tls = tls_;
    if (!tls) co_return;
    const bool safe = co_await channel->start_tls(*tls, limits_.handshake);
    if (!safe) {
        sys::log(sys::Level::debug, "pop3.no_tls", {{"peer", channel->peer()}});
        co_return;
    }
    Session session(*channel, collaborators_, limits_);
    co_await session.run();
}

} // namespace metka::access
