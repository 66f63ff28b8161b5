// metka-access(8): lets users fetch their mail by POP3S.

#include "core/household/child.h"
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
    return limits;
}

class AccessProgram final : public household::Resident {
  public:
    AccessProgram(asio::io_context& loop, const Settings& settings)
        : loop_(loop),
          engine_(loop.get_executor(), collaborators(), limits(settings),
                  {.total = settings.pop3_connections, .per_peer = settings.pop3_connections_per_address})
    {
    }

    void meet(Program peer, sys::Descriptor descriptor) override
    {
        auto wire = net::Wire::open(loop_.get_executor(), std::move(descriptor), household::executable(peer));
        wire->serve(nullptr);
        auth_.replace(std::move(wire));
    }

    void listen(const std::string& name, sys::Descriptor socket) override
    {
        engine_.listen(name, std::move(socket));
    }

    Result<void> use_certificate(std::string_view chain, std::string_view key) override
    {
        auto context = net::TlsContext::make(chain, key, "metka-access");
        if (!context) return pass(context);
        engine_.use_tls(std::move(*context));
        return {};
    }

    void drain(std::function<void()> done) override { engine_.drain(std::move(done)); }

  private:
    Collaborators collaborators()
    {
        const auto open_inbox = [this](sys::Descriptor wire) {
            return maildir::open_inbox(loop_.get_executor(), std::move(wire));
        };
        return {.authenticator = authenticator_, .open_inbox = open_inbox, .clock = clock_};
    }

    asio::io_context& loop_;
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
                                  .sentence = "Lets users fetch their mail by POP3S.",
                                  .posture = metka::access::posture,
                                  .rehearse = metka::net::rehearse_tls,
                                  .open = metka::access::open},
                                 count, words);
}
