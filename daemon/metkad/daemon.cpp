#include "daemon/metkad/daemon.h"

#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>

#include <asio/io_context.hpp>
#include <asio/redirect_error.hpp>
#include <asio/signal_set.hpp>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>
#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "core/base/version.h"
#include "core/directory/sqlite_directory.h"
#include "core/net/spawn.h"
#include "core/net/tls.h"
#include "core/sys/file.h"
#include "core/sys/log.h"
#include "daemon/metkad/door.h"
#include "daemon/metkad/engine/generation.h"
#include "daemon/metkad/engine/household.h"
#include "daemon/metkad/engine/instance.h"
#include "daemon/metkad/engine/listeners.h"
#include "daemon/metkad/engine/wards.h"
#include "daemon/metkad/machine/accounts.h"
#include "daemon/metkad/machine/zones.h"
#include "daemon/metkad/provisioning/operator.h"
#include "daemon/metkad/provisioning/provisioning.h"

namespace metka::metkad {

namespace {

using settings::Settings;

constexpr auto door_patience = std::chrono::seconds(35); // longer than any request to a program of ours waits

// What must not be there at start is the configuration's fault; later the same Fault is the caller's.
int status_of_start(const Error& error)
{
    switch (error.fault) {
    case Fault::denied:
        return EX_NOPERM;
    case Fault::io:
        return EX_IOERR;
    case Fault::unavailable:
        return EX_TEMPFAIL;
    default:
        return EX_CONFIG;
    }
}

int give_up(const Error& error)
{
    if (error.field.empty())
        fmt::print(stderr, "metkad: {}\n", error.text);
    else
        fmt::print(stderr, "metkad: {}: {}\n", error.field, error.text);
    return status_of_start(error);
}

std::string host_name()
{
    std::array<char, 256> name{};
    return gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "localhost";
}

// Whose the mail is: without root everything is ours.
std::uint32_t uid_of(const std::string& user)
{
    const auto* const found = runs_as_root() ? getpwnam(user.c_str()) : nullptr;
    return found != nullptr ? found->pw_uid : geteuid();
}

// Mail for postmaster and abuse has a reader wherever there is a host domain.
void settle(Settings& settings)
{
    if (settings.operator_host.empty()) settings.operator_host = host_name();
    if (settings.operator_inbox || !settings.operator_domain) return;
    auto postmaster = Address::parse("postmaster@" + settings.operator_domain->text());
    if (postmaster) settings.operator_inbox = std::move(*postmaster);
}

Result<Certificate> read_certificate(const Settings& settings)
{
    const auto chain = sys::read_file(settings.tls_certificate, 1_MiB);
    if (!chain) return fail_field("tls.certificate", chain.error());
    auto key_text = sys::read_file(settings.tls_key, 1_MiB);
    if (!key_text) return fail_field("tls.key", key_text.error());
    const auto key = Secret::take(std::move(*key_text));
    const auto usable = net::TlsContext::make(*chain, key.reveal(), "metkad");
    if (!usable) return fail_field("tls.certificate", usable.error());
    auto chain_memory = sys::sealed_memory("certificate", *chain);
    if (!chain_memory) return pass(chain_memory);
    auto key_memory = sys::sealed_memory("key", key.reveal());
    if (!key_memory) return pass(key_memory);
    return Certificate{.chain = std::move(*chain_memory), .key = std::move(*key_memory)};
}

Result<std::unique_ptr<directory::Registry>> open_registry(const Settings& settings)
{
    sqlite::Ownership ownership{.mode = runs_as_root() ? 0640U : 0600U};
    if (runs_as_root()) {
        const auto* const group = getgrnam(settings.users_directory_group.c_str());
        if (group == nullptr)
            return fail(Fault::invalid, "there is no system group {}", settings.users_directory_group);
        ownership.group = group->gr_gid;
    }
    return directory::open_registry(settings.state_folder + "/directory/metka.db", ownership);
}

// Everything that must be there before anybody is let in.
struct Foundation {
    sys::Descriptor own_lock;
    sys::Descriptor state;
    sys::Descriptor mail;
    std::unique_ptr<directory::Registry> registry;
    sys::Descriptor control_socket;
    Furnishing furnishing;
};

Result<Foundation> lay_foundation(const Settings& settings)
{
    Foundation foundation;
    auto state = make_folders(settings);
    if (!state) return pass(state);
    auto mail = sys::open_folder_beneath(state->get(), "mail");
    if (!mail) return pass(mail);
    auto locks = lock_instance(state->get());
    if (!locks) return pass(locks);
    foundation.own_lock = std::move(locks->own);
    foundation.furnishing.lock = std::move(locks->shared);
    auto registry = open_registry(settings);
    if (!registry) return pass(registry);
    foundation.registry = std::move(*registry);
    const auto host_domain = settle_host_domain(*foundation.registry, settings, SystemClock().now());
    if (!host_domain) return pass(host_domain);
    const auto zones = write_zones(state->get(), settings, *foundation.registry);
    if (!zones) return pass(zones);
    if (!settings.tls_certificate.empty()) {
        auto certificate = read_certificate(settings);
        if (!certificate) return pass(certificate);
        foundation.furnishing.certificate = std::move(*certificate);
    }
    auto listeners = bind_listeners(settings);
    if (!listeners) return pass(listeners);
    foundation.furnishing.listeners = std::move(*listeners);
    auto control = bind_control_socket(settings.control_socket);
    if (!control) return fail_field("control.socket", control.error());
    foundation.control_socket = std::move(*control);
    auto generation = prepare_generation(state->get(), settings);
    if (!generation) return pass(generation);
    foundation.furnishing.places = std::move(generation->places);
    foundation.state = std::move(*state);
    foundation.mail = std::move(*mail);
    return foundation;
}

class Daemon {
  public:
    Daemon(Settings settings, Foundation foundation)
        : own_lock_(std::move(foundation.own_lock)),
          state_(std::move(foundation.state)),
          mail_(std::move(foundation.mail)),
          settings_(std::move(settings)),
          registry_(std::move(foundation.registry)),
          control_socket_(std::move(foundation.control_socket)),
          household_(loop_, std::move(foundation.furnishing)),
          provisioning_(office()),
          door_(loop_.get_executor(), provisioning_)
    {
    }

    int run()
    {
        net::spawn(loop_.get_executor(), live(), "metkad");
        loop_.run();
        unlink(settings_.control_socket.c_str());
        return status_;
    }

  private:
    Office office()
    {
        return {.registry = *registry_,
                .settings = settings_,
                .clock = clock_,
                .keys = keys_,
                .trees = trees_,
                .unix_accounts = accounts_,
                .fences = *fences_,
                .resolver = resolver_,
                .users = users_,
                .administrators = {.own_uid = geteuid(), .group = settings_.control_admin_group},
                .programs = [this] { return household_.states(); },
                .write_zones = [this] { return write_zones(state_.get(), settings_, *registry_); },
                .started = clock_.now()};
    }

    asio::awaitable<void> live()
    {
        asio::signal_set ending(loop_, SIGTERM, SIGINT);
        const auto started = co_await household_.start();
        if (started) {
            door_.open(std::move(control_socket_));
            sys::log(sys::Level::info, "metkad.ready", {{"version", version}, {"pid", getpid()}});
            co_await ending.async_wait(asio::use_awaitable);
            sys::log(sys::Level::info, "metkad.stopping");
            co_await close_door();
        } else {
            status_ = give_up(started.error());
        }
        co_await household_.stop();
        loop_.stop();
    }

    // What was accepted is carried out to its end: it needs the household for that.
    asio::awaitable<void> close_door()
    {
        asio::steady_timer closed(loop_, door_patience);
        bool is_closed = false;
        door_.close([&] {
            is_closed = true;
            closed.cancel();
        });
        asio::error_code ignored;
        if (!is_closed) co_await closed.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    }

    sys::Descriptor own_lock_; // given back last
    sys::Descriptor state_;
    sys::Descriptor mail_;
    asio::io_context loop_{1};
    Settings settings_;
    SystemClock clock_;
    SystemUsers users_;
    SystemAccounts accounts_{settings_};
    std::unique_ptr<Fences> fences_ = make_fences(mail_, accounts_, uid_of(settings_.users_store));
    ProgramResolver resolver_{loop_.get_executor(), settings_};
    std::unique_ptr<directory::Registry> registry_;
    sys::Descriptor control_socket_;
    Household household_;
    EngineKeys keys_{household_};
    EngineTrees trees_{household_};
    Provisioning provisioning_;
    Door door_;
    int status_ = EX_OK;
};

} // namespace

int run_daemon(Settings settings)
{
    umask(022);
    std::signal(SIGPIPE, SIG_IGN);
    settle(settings);
    auto foundation = lay_foundation(settings);
    if (!foundation) return give_up(foundation.error());
    const auto status = Daemon(std::move(settings), std::move(*foundation)).run();
    sys::log(sys::Level::info, "metkad.stopped");
    return status;
}

} // namespace metka::metkad
