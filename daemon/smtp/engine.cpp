#include "daemon/smtp/engine.h"

#include <string>

#include <fmt/format.h>

#include "daemon/smtp/reasons.h"
#include "daemon/smtp/replies.h"
#include "daemon/smtp/session.h"

namespace metka::smtp {

namespace {

// Said in the clear, also where TLS comes first: a client may show it all the same.
net::Refusals refusals(const Collaborators& with)
{
    return {.too_many = wire::render(replies::too_many_connections),
            .too_many_from_peer = wire::render(replies::too_many_from_you),
            .sign = [&receipts = with.receipts, &clock = with.clock](
                        std::string_view words, std::string_view listener, std::string_view peer) {
                const bool is_full = words == wire::render(replies::too_many_connections);
                const auto& reply = is_full ? replies::too_many_connections : replies::too_many_from_you;
                const auto& reason = reason_of(reply);
                words.remove_suffix(2);
                const auto code = receipts.keep({.at = clock.now(),
                                                 .listener = std::string(listener),
                                                 .peer = std::string(peer),
                                                 .reply = std::string(words),
                                                 .rule = std::string(reason.rule),
                                                 .remedy = std::string(reason.remedy)});
                auto receipt = code.text();
                return net::Refusals::Receipted{.words = fmt::format("{} [{}]\r\n", words, receipt),
                                                .receipt = std::move(receipt)};
            }};
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
      server_(std::move(executor), connections, refusals(collaborators))
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
