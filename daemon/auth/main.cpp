// metka-auth(8): owns the secrets, and says yes or no.

#include "core/directory/sqlite_directory.h"
#include "core/household/child.h"
#include "core/household/peers.h"
#include "core/sys/log.h"
#include "daemon/auth/gatekeeper.h"
#include "daemon/auth/password.h"
#include "daemon/auth/posture.h"

namespace metka::auth {

namespace {

using household::Program;
using login::Service;
using settings::Settings;

class AuthProgram final : public household::Resident {
  public:
    AuthProgram(asio::io_context& loop, const Settings& settings,
                std::unique_ptr<directory::Directory> directory, Secrets secrets,
                std::unique_ptr<Hasher> hasher)
        : loop_(loop),
          peers_(loop.get_executor()),
          directory_(std::move(directory)),
          secrets_(std::move(secrets)),
          hashes_(std::move(hasher), {.at_once = settings.auth_parallel_hashes}),
          gatekeeper_(*directory_, secrets_, hashes_, store_, clock_),
          housekeeping_(gatekeeper_.handler_for_metkad())
    {
    }

    void meet(Program peer, sys::Descriptor descriptor) override
    {
        if (peer == Program::store) {
            auto wire =
                net::Wire::open(loop_.get_executor(), std::move(descriptor), household::executable(peer));
            wire->serve(nullptr);
            return store_.replace(std::move(wire));
        }
        const auto wire = peers_.meet(peer, std::move(descriptor));
        wire->serve(gatekeeper_.handler_for(peer == Program::smtp ? Service::submission : Service::pop3));
    }

    asio::awaitable<Result<net::Frame>> answer_metkad(net::Frame request) override
    {
        return housekeeping_(std::move(request));
    }

    void drain(std::function<void()> done) override { peers_.drain(std::move(done)); }

  private:
    asio::io_context& loop_;
    household::Peers peers_;
    net::Link store_;
    SystemClock clock_;
    std::unique_ptr<directory::Directory> directory_;
    Secrets secrets_;
    HashPool hashes_;
    Gatekeeper gatekeeper_;
    net::Wire::Handler housekeeping_;
};

Result<std::unique_ptr<household::Resident>> open(asio::io_context& loop, const Settings& settings)
{
    auto directory = directory::open_directory(settings.state_folder + "/directory/metka.db");
    if (!directory) return pass(directory);
    auto secrets = Secrets::open(settings.state_folder + "/secrets/secrets.db");
    if (!secrets) return pass(secrets);
    auto hasher = Hasher::make();
    if (!hasher) return pass(hasher);
    return std::make_unique<AuthProgram>(loop, settings, std::move(*directory), std::move(*secrets),
                                         std::move(*hasher));
}

// libcrypt loads nothing late that we know of; this says so at every start.
std::string rehearse()
{
    constexpr unsigned long cheapest = 1;
    const Secret password("rehearsal");
    const auto hasher = Hasher::make(cheapest);
    if (!hasher) return hasher.error().text;
    const auto hash = (*hasher)->hash(password);
    if (!hash) return hash.error().text;
    const auto verified = (*hasher)->verify(password, *hash);
    return verified && *verified ? "hashed and verified" : "hashed, not verified";
}

} // namespace

} // namespace metka::auth

int main(int count, char** words)
{
    return metka::household::run({.program = metka::household::Program::auth,
                                  .reader = metka::settings::Reader::auth,
                                  .sentence = "Owns the secrets, and says yes or no to a log-in.",
                                  .posture = metka::auth::posture,
                                  .rehearse = metka::auth::rehearse,
                                  .open = metka::auth::open},
                                 count, words);
}
