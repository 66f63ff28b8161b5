#include "daemon/smtp/engine.h"

#include <string>

#include "daemon/smtp/replies.h"
#include "daemon/smtp/session.h"

namespace metka::smtp {

namespace {

net::Refusals refusals()
{
    return {.too_many = wire::render(replies::too_many_connections),
            .too_many_from_peer = wire::render(replies::too_many_from_you)};
}

struct Room {
    const Listener& listener;
    const Collaborators& collaborators;
    std::shared_ptr<const House> house;
    std::shared_ptr<net::TlsContext> certificate;
};

asio::awaitable<void> serve(std::shared_ptr<net::Channel> channel, Room room)
{
    Session session(*channel, room.listener, room.collaborators, *room.house, std::move(room.certificate));
    co_await session.run();
}

} // namespace

SmtpEngine::SmtpEngine(asio::any_io_executor executor, net::ConnectionLimits connections,
                       Collaborators collaborators, House house)
    : collaborators_(collaborators),
      house_(std::make_shared<const House>(std::move(house))),
      server_(std::move(executor), connections, refusals())
{
}

void SmtpEngine::adopt(House house, net::ConnectionLimits connections)
{
    house_ = std::make_shared<const House>(std::move(house));
    server_.limit(connections);
}

void SmtpEngine::use_certificate(std::shared_ptr<net::TlsContext> certificate)
{
    certificate_ = std::move(certificate);
}

Result<void> SmtpEngine::listen(const std::string& name, const std::string& address, sys::Descriptor listener)
{
    const auto* const kind = listener_named(name);
    if (!kind)
        return fail(Fault::not_found, "“{}” is no listener of metka-smtp: smtp, submission, submissions",
                    name);
    auto session = [this, kind](std::shared_ptr<net::Channel> channel) {
        return serve(std::move(channel), Room{*kind, collaborators_, house_, certificate_});
    };
    return server_.listen(std::move(listener), name, std::move(session), address);
}

Result<void> SmtpEngine::close_listener(const std::string& name, const std::string& address)
{
    return server_.stop_listening(name, address);
}

void SmtpEngine::drain(std::function<void()> done, net::Pace pace)
{
    server_.drain(std::move(done), pace);
}

} // namespace metka::smtp
