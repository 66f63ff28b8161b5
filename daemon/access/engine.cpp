#include "daemon/access/engine.h"

#include "core/sys/log.h"

namespace metka::access {

// Refusals are empty: a client that expects TLS can make nothing of words in the clear.
AccessEngine::AccessEngine(asio::any_io_executor executor, Collaborators collaborators, AccessLimits limits,
                           net::ConnectionLimits connections)
    : collaborators_(std::move(collaborators)),
      limits_(std::make_shared<const AccessLimits>(limits)),
      server_(std::move(executor), connections, net::Refusals{})
{
}

void AccessEngine::adopt(AccessLimits limits, net::ConnectionLimits connections)
{
    limits_ = std::make_shared<const AccessLimits>(limits);
    server_.limit(connections);
}

Result<void> AccessEngine::listen(std::string name, std::string address, sys::Descriptor listener)
{
    const auto* const kind = listener_named(name);
    if (!kind) return fail(Fault::not_found, "“{}” is no listener of metka-access: pop3s, pop3", name);
    auto session = [this, tls = kind->tls](std::shared_ptr<net::Channel> channel) {
        return serve(std::move(channel), tls);
    };
    return server_.listen(std::move(listener), std::move(name), std::move(session), std::move(address));
}

Result<void> AccessEngine::close_listener(const std::string& name, const std::string& address)
{
    return server_.stop_listening(name, address);
}

asio::awaitable<void> AccessEngine::serve(std::shared_ptr<net::Channel> channel, Tls tls)
{
    const auto certificate = tls_;
    const auto limits = limits_;
    if (!certificate) co_return;
    if (tls == Tls::by_stls) {
        Session session(*channel, collaborators_, *limits, certificate);
        co_await session.run();
        co_return;
    }
    const bool safe = co_await channel->start_tls(*certificate, limits->handshake);
    if (!safe) {
        sys::log(sys::Level::debug, "pop3.no_tls", {{"peer", channel->peer()}});
        co_return;
    }
    Session session(*channel, collaborators_, *limits);
    co_await session.run();
}

} // namespace metka::access
