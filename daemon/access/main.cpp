// metka-access(8): lets users fetch their mail by POP3 over TLS.

#include "core/household/child.h"
#include "core/household/handed_over.h"
#include "core/login/wire_authenticator.h"
#include "core/maildir/store_client.h"
#include "daemon/access/engine.h"
#include "daemon/access/posture.h"

namespace metka::access {

namespace {

using household::Program;
using settings::Settings;

AccessLimits limits(const Settings& settings)
{
    AccessLimits limits;
    limits.idle = settings.pop3_idle_timeout;
    limits.login = settings.pop3_login_timeout;
    limits.login_delay = settings.pop3_login_delay;
    return limits;
}

net::ConnectionLimits connections(const Settings& settings)
{
    return {.total = settings.pop3_connections,
            .per_peer = settings.pop3_connections_per_address,
            .per_network = settings.pop3_connections_per_network,
            .per_minute = settings.pop3_connections_per_minute,
            .loopback = settings.pop3_limit_loopback ? net::Loopback::is_limited : net::Loopback::is_free};
}

class AccessProgram final : public household::Resident {
  public:
    AccessProgram(asio::io_context& loop, const Settings& settings)
        : loop_(loop), engine_(loop.get_executor(), collaborators(), limits(settings), connections(settings))
    {
    }

    void meet(Program peer, sys::Descriptor descriptor) override
    {
        auto wire = net::Wire::open(loop_.get_executor(), std::move(descriptor), household::executable(peer));
        wire->serve(nullptr);
        auth_.replace(std::move(wire));
    }

    Result<void> listen(const std::string& name, const std::string& address, sys::Descriptor socket) override
    {
        return engine_.listen(name, address, std::move(socket));
    }

    Result<void> close_listener(const std::string& name, const std::string& address) override
    {
        return engine_.close_listener(name, address);
    }

    Result<void> use_certificates(std::span<const household::HostCertificate> certificates) override
    {
        auto context = household::tls_context(certificates, tickets_);
        if (!context) return pass(context);
        if (*context) (*context)->speak({"pop3"});
        engine_.use_tls(std::move(*context));
        return {};
    }

    Result<void> adopt(const Settings& settings) override
    {
        engine_.adopt(limits(settings), connections(settings));
        return {};
    }

    void drain(std::function<void()> done, net::Pace pace) override { engine_.drain(std::move(done), pace); }

  private:
    Collaborators collaborators()
    {
        const auto open_inbox = [this](sys::Descriptor wire) {
            return maildir::open_inbox(loop_.get_executor(), std::move(wire));
        };
        return {.authenticator = authenticator_, .open_inbox = open_inbox, .clock = clock_};
    }

    asio::io_context& loop_;
    const std::shared_ptr<net::TicketKeys> tickets_ = // for as long as the program runs: tls.h
        net::TicketKeys::kept_by(loop_.get_executor(), household::executable(Program::access));
    net::Link auth_;
    SystemClock clock_;
    login::WireAuthenticator authenticator_{auth_};
    AccessEngine engine_;
};

Result<std::unique_ptr<household::Resident>> open(asio::io_context& loop, const Settings& settings)
{
    return std::make_unique<AccessProgram>(loop, settings);
}

} // namespace

} // namespace metka::access

int main(int count, char** words)
{
    return metka::household::run({.program = metka::household::Program::access,
                                  .reader = metka::settings::Reader::access,
                                  .sentence = "Lets users fetch their mail by POP3 over TLS.",
                                  .posture = metka::access::posture,
                                  .rehearse = metka::net::rehearse_tls,
                                  .open = metka::access::open},
                                 count, words);
}
