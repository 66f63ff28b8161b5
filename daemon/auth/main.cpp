// metka-auth(8): owns the secrets, and says yes or no.

#include <sys/socket.h>

#include "core/directory/sqlite_directory.h"
#include "core/household/child.h"
#include "core/household/peers.h"
#include "core/net/spawn.h"
#include "core/sys/log.h"
#include "daemon/auth/gatekeeper.h"
#include "daemon/auth/login_desk.h"
#include "daemon/auth/login_diary.h"
#include "daemon/auth/password.h"
#include "daemon/auth/postage.h"
#include "daemon/auth/posture.h"

namespace metka::auth {

namespace {

using household::Program;
using login::Service;
using settings::Settings;

// What is kept over a restart beside the secrets; null: it could not be opened, and begins anew.
struct Memories {
    std::unique_ptr<SendingMemory> sending;
    std::unique_ptr<LoginMemory> logins;
};

constexpr auto minute = std::chrono::minutes(1);
constexpr auto hour = std::chrono::hours(1);

PatienceLimits patience(const Settings& settings)
{
    return {.source = {.most = settings.auth_guesses_per_address, .within = minute},
            .network = {.most = settings.auth_guesses_per_network, .within = hour},
            .account = {.most = settings.auth_guesses_per_account, .within = hour}};
}

class AuthProgram final : public household::Resident {
  public:
    AuthProgram(asio::io_context& loop, const Settings& settings,
                std::unique_ptr<directory::Directory> directory, Secrets secrets,
                std::unique_ptr<Hasher> hasher, std::unique_ptr<UnixUsers> unix_users, Memories memories)
        : loop_(loop),
          peers_(loop.get_executor()),
          directory_(std::move(directory)),
          secrets_(std::move(secrets)),
          hashes_(std::move(hasher), {.at_once = settings.auth_parallel_hashes}),
          unix_users_(std::move(unix_users)),
          gatekeeper_(*directory_, secrets_, hashes_, store_, clock_, &std::chrono::steady_clock::now,
                      unix_users_.get(), patience(settings)),
          housekeeping_(gatekeeper_.handler_for_metkad()),
          diary_(loop.get_executor(), gatekeeper_.logins(), std::move(memories.logins)),
          postage_(loop.get_executor(), *directory_, clock_, std::move(memories.sending), settings,
                   [this](login::SendingStopped stopped) { return tell_metkad(stopped); }),
          desk_(gatekeeper_.trials(), {.book = gatekeeper_.logins(), .diary = diary_, .postage = postage_})
    {
        gatekeeper_.answer_at(AnswerTime::after(hashes_.hasher().effort()));
        gatekeeper_.delay_logins(settings.pop3_login_delay);
        gatekeeper_.look_up_with([this](const InboxId& account) { diary_.reread(account); });
        gatekeeper_.tell_of_log_ins([this] { diary_.written().noted(); });
        net::spawn(loop.get_executor(), diary_.written().run(), "last log-ins");
        net::spawn(loop.get_executor(), postage_.written().run(), "sending counts");
    }

    void speak_to(std::shared_ptr<net::Wire> metkad) override { metkad_ = std::move(metkad); }

    void meet(Program peer, sys::Descriptor descriptor) override
    {
        if (peer == Program::store) {
            auto wire =
                net::Wire::open(loop_.get_executor(), std::move(descriptor), household::executable(peer));
            wire->serve(nullptr);
            return store_.replace(std::move(wire));
        }
        const auto wire = peers_.meet(peer, std::move(descriptor));
        wire->serve(peer == Program::smtp ? handler_for_smtp() : gatekeeper_.handler_for(Service::pop3));
    }

    asio::awaitable<Result<net::Frame>> answer_metkad(net::Frame request) override
    {
        auto told = desk_.answer(request);
        if (told) co_return std::move(*told);
        auto answer = co_await housekeeping_(std::move(request));
        co_return answer;
    }

    Result<void> adopt(const Settings& settings) override
    {
        hashes_.limit(settings.auth_parallel_hashes);
        gatekeeper_.limit(patience(settings));
        gatekeeper_.delay_logins(settings.pop3_login_delay);
        postage_.adopt(settings);
        return {};
    }

    void drain(std::function<void()> done, net::Pace) override
    {
        diary_.written().stop();
        postage_.written().stop();
        peers_.drain([this, whole = std::move(done)] {
            diary_.written().save_now(); // what was noted and counted for sessions that drained
            postage_.written().save_now();
            whole();
        });
    }

  private:
    net::Wire::Handler handler_for_smtp()
    {
        return [this, logins = gatekeeper_.handler_for(Service::submission)](net::Frame request) {
            if (request.kind == login::CountSending::kind) return postage_.answer(std::move(request));
            if (request.kind == login::GiveBackSending::kind) return postage_.take_back(std::move(request));
            return logins(std::move(request));
        };
    }

    asio::awaitable<Result<void>> tell_metkad(login::SendingStopped stopped)
    {
        if (!metkad_) co_return fail(Fault::unavailable, "metkad is not there");
        const auto told = co_await metkad_->ask_for<login::Stored>(stopped);
        if (!told) co_return pass(told);
        co_return Result<void>{};
    }

    asio::io_context& loop_;
    household::Peers peers_;
    net::Link store_;
    SystemClock clock_;
    std::unique_ptr<directory::Directory> directory_;
    Secrets secrets_;
    HashPool hashes_;
    std::unique_ptr<UnixUsers> unix_users_;
    Gatekeeper gatekeeper_;
    net::Wire::Handler housekeeping_;
    std::shared_ptr<net::Wire> metkad_;
    LoginDiary diary_;
    Postage postage_;
    LoginDesk desk_;
};

// Whoever made the wire to metkad is metkad: an instance that is not root's has passwords of its own for
// everybody, though it may be able to read shadow(5).
bool serves_root()
{
    ucred maker{};
    socklen_t size = sizeof maker;
    return getsockopt(household::metkad_descriptor, SOL_SOCKET, SO_PEERCRED, &maker, &size) == 0 &&
           maker.uid == 0;
}

std::unique_ptr<UnixUsers> unix_users_if_any()
{
    if (!serves_root()) return nullptr;
    auto users = open_unix_users("/etc");
    if (!users) sys::log(sys::Level::warning, "auth.no_shadow", {{"file", "/etc/shadow"}});
    return users;
}

// Without them everything goes on.
Memories open_memories(const std::string& folder)
{
    Memories memories;
    auto sending = SendingMemory::open(folder + "sending.db");
    if (sending)
        memories.sending = std::move(*sending);
    else
        sys::log(sys::Level::error, "sending.forgotten", {{"why", sending.error().text}});
    auto logins = LoginMemory::open(folder + "logins.db");
    if (logins)
        memories.logins = std::move(*logins);
    else
        sys::log(sys::Level::error, "logins.forgotten", {{"why", logins.error().text}});
    return memories;
}

Result<std::unique_ptr<household::Resident>> open(asio::io_context& loop, const Settings& settings)
{
    auto directory = directory::open_directory(settings.state_folder + "/directory/metka.db");
    if (!directory) return pass(directory);
    auto secrets = Secrets::open(settings.state_folder + "/secrets/secrets.db");
    if (!secrets) return pass(secrets);
    auto hasher = Hasher::make();
    if (!hasher) return pass(hasher);
    auto unix_users = unix_users_if_any();
    sys::log(sys::Level::info, "auth.shell_passwords", {{"of", unix_users ? "unix" : "metka"}});
    return std::make_unique<AuthProgram>(loop, settings, std::move(*directory), std::move(*secrets),
                                         std::move(*hasher), std::move(unix_users),
                                         open_memories(settings.state_folder + "/secrets/"));
}

// libcrypt loads nothing late that we know of; this says so at every start, for what we make ourselves and
// for what shadow(5) may hold.
std::string rehearse()
{
    constexpr unsigned long cheapest = 1;
    constexpr auto* sha512 = "$6$rounds=1000$rehearsal$"; // crypt(5)
    const Secret password("rehearsal");
    const auto hasher = Hasher::make(cheapest);
    if (!hasher) return hasher.error().text;
    const auto hash = (*hasher)->hash(password);
    if (!hash) return hash.error().text;
    const auto verified = (*hasher)->verify(password, *hash);
    const auto other = (*hasher)->verify(password, sha512); // a salt alone: computed, and not the same
    return verified && *verified && other ? "hashed and verified" : "hashed, not verified";
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
