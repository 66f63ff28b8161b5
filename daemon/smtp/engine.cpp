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
    const House& house;
    std::shared_ptr<net::TlsContext> certificate;
};

asio::awaitable<void> serve(std::shared_ptr<net::Channel> channel, Room room)
{
    Session session(*channel, room.listener, room.collaborators, room.house, std::move(room.certificate));
    co_await session.run();
}

} // namespace

SmtpEngine::SmtpEngine(asio::any_io_executor executor, net::ConnectionLimits connections,
                       Collaborators collaborators, House house)
    : collaborators_(collaborators),
      house_(std::move(house)),
      server_(std::move(executor), connections, refusals())
{
}

void SmtpEngine::use_certificate(std::shared_ptr<net::TlsContext> certificate)
{
    certificate_ = std::move(certificate);
}

Result<void> SmtpEngine::listen(std::string_view name, sys::Descriptor listener)
{
    const auto* const kind = listener_named(name);
    if (!kind)
        return fail(Fault::not_found, "“{}” is no listener of metka-smtp: smtp, submission, submissions",
                    name);
    server_.listen(std::move(listener), std::string(name),
                   [this, kind](std::shared_ptr<net::Channel> channel) {
                       return serve(std::move(channel), Room{*kind, collaborators_, house_, certificate_});
                   });
    return {};
}

void SmtpEngine::drain(std::function<void()> done)
{
    server_.drain(std::move(done));
}

} // namespace metka::smtp
