#include "daemon/metkad/daemon.h"

#include <csignal>
#include <cstdio>
#include <cstdlib>

#include <asio/io_context.hpp>
#include <asio/redirect_error.hpp>
#include <asio/signal_set.hpp>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>
#include <pwd.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "core/base/version.h"
#include "core/net/spawn.h"
#include "core/sys/log.h"
#include "core/sys/notify.h"
#include "daemon/metkad/configuration/certificate_watch.h"
#include "daemon/metkad/configuration/instance_configuration.h"
#include "daemon/metkad/door.h"
#include "daemon/metkad/engine/engine_logins.h"
#include "daemon/metkad/engine/household.h"
#include "daemon/metkad/engine/instance.h"
#include "daemon/metkad/engine/wards.h"
#include "daemon/metkad/foundation.h"
#include "daemon/metkad/machine/accounts.h"
#include "daemon/metkad/machine/zones.h"
#include "daemon/metkad/provisioning/operator.h"
#include "daemon/metkad/provisioning/provisioning.h"
#include "daemon/metkad/provisioning/sending_notices.h"

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

// Whose the mail is: without root everything is ours.
std::uint32_t uid_of(const std::string& user)
{
    const auto* const found = runs_as_root() ? getpwnam(user.c_str()) : nullptr;
    return found != nullptr ? found->pw_uid : geteuid();
}

class Daemon {
  public:
    Daemon(std::string config, Foundation foundation)
        : foundation_(std::move(foundation)),
          settings_(foundation_.chosen.loaded.settings),
          registry_(*foundation_.registry),
          household_(loop_, std::move(foundation_.furnishing)),
          configuration_(premises(std::move(config)), foundation_.chosen),
          provisioning_(office()),
          door_(loop_.get_executor(), provisioning_)
    {
        certificates_.use(settings_, std::move(foundation_.certificates));
        household_.hear(Program::auth,
                        [this](net::Frame request) { return sending_notices_.answer(std::move(request)); });
    }

    struct End {
        int status = EX_OK;
        std::optional<Settings> instead; // it did not come up: those of the generation that is to
    };
    End run()
    {
        net::spawn(loop_.get_executor(), live(), "metkad");
        loop_.run();
        unlink(settings_.control_socket.c_str());
        return end_;
    }

  private:
    Premises premises(std::string config)
    {
        const auto check = [this](const Settings& settings) {
            return check_host_domain(registry_, settings);
        };
        const auto settle = [this](const Settings& settings) {
            return settle_host_domain(registry_, settings, clock_.now());
        };
        return {.config = std::move(config),
                .changing = {.in_force = settings_,
                             .generations = *foundation_.generations,
                             .household = household_,
                             .certificates = certificates_,
                             .check_directory = check,
                             .settle_directory = settle,
                             .write_zones = [this] { return write_zones_now(); }},
                .registry = registry_,
                .clock = clock_};
    }

    Office office()
    {
        return {.registry = registry_,
                .settings = settings_,
                .clock = clock_,
                .keys = keys_,
                .trees = trees_,
                .refusals = refusals_,
                .logins = logins_,
                .unix_accounts = accounts_,
                .fences = *fences_,
                .resolver = resolver_,
                .users = users_,
                .own_uid = geteuid(),
                .configuration = configuration_,
                .programs = [this] { return household_.states(); },
                .write_zones = [this] { return write_zones_now(); },
                .started = clock_.now()};
    }

    Result<void> write_zones_now() { return write_zones(foundation_.state.get(), settings_, registry_); }

    asio::awaitable<void> live()
    {
        asio::signal_set ending(loop_, SIGTERM, SIGINT);
        const auto started = co_await household_.start();
        if (started) {
            open();
            co_await ending.async_wait(asio::use_awaitable);
            sys::log(sys::Level::info, "metkad.stopping");
            sys::notify_stopping();
            reloading_.cancel();
            certificates_.stop();
            co_await close_door();
        } else {
            end_.instead = set_aside(foundation_, started.error().text);
            end_.status = end_.instead ? EX_TEMPFAIL : give_up(started.error());
        }
        co_await household_.stop();
        loop_.stop();
    }

    void open()
    {
        note_begun();
        net::spawn(loop_.get_executor(), certificates_.run(), "certificates");
        net::spawn(loop_.get_executor(), reload_when_told(), "reload");
        net::spawn(loop_.get_executor(), provisioning_.end_what_was_cut_off(), "cut off");
        door_.open(std::move(foundation_.control_socket));
        sys::log(sys::Level::info, "metkad.ready", {{"version", version}, {"pid", getpid()}});
        sys::notify_ready(fmt::format("generation {}", configuration_.running()));
    }

    void note_begun()
    {
        if (!foundation_.begun) return;
        foundation_.begun->outcome = "running";
        const auto noted = registry_.note_switch(*foundation_.begun);
        if (!noted) sys::log(sys::Level::error, "generation.unnoted", {{"why", noted.error().text}});
        foundation_.generations->prune(settings_.state_generations, foundation_.begun->from);
    }

    // SIGHUP does what `metkactl daemon reload` does, by the same way: in its turn, with its audit.
    asio::awaitable<void> reload_when_told()
    {
        for (;;) {
            asio::error_code ended;
            co_await reloading_.async_wait(asio::redirect_error(asio::use_awaitable, ended));
            if (ended) co_return;
            sys::notify_reloading();
            auto request = control::request_line(1, *control::verb_of("daemon.reload"),
                                                 control::JsonObject{{"reason", "SIGHUP"}});
            const Provisioning::Tell nobody; // hears of its progress
            const auto answer = co_await provisioning_.answer(geteuid(), std::move(request), nobody);
            (void)answer; // the log has it, as of every request
            sys::notify_ready(fmt::format("generation {}", configuration_.running()));
        }
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

    Foundation foundation_; // its locks are given back last
    asio::io_context loop_{1};
    asio::signal_set reloading_{loop_, SIGHUP};
    Settings settings_; // those in force: a switch replaces them
    SystemClock clock_;
    SystemUsers users_;
    directory::Registry& registry_;
    SystemAccounts accounts_{settings_};
    std::unique_ptr<Fences> fences_ = make_fences(foundation_.mail, accounts_, uid_of(settings_.users_store));
    ProgramResolver resolver_{loop_.get_executor(), settings_};
    Household household_;
    EngineRefusals refusals_{household_};
    EngineLogins logins_{household_};
    EngineKeys keys_{household_};
    EngineTrees trees_{household_};
    SendingNotices sending_notices_{
        {.registry = registry_, .settings = settings_, .trees = trees_, .clock = clock_}};
    CertificateWatch certificates_{
        loop_.get_executor(),
        {.registry = registry_, .trees = trees_, .clock = clock_},
        [this](Certificates fresh) { return household_.use_certificates(std::move(fresh.memory)); }};
    InstanceConfiguration configuration_;
    Provisioning provisioning_;
    Door door_;
    End end_;
};

} // namespace

int run_daemon(std::string config, settings::Loaded files)
{
    umask(022);
    std::signal(SIGPIPE, SIG_IGN);
    std::optional<Settings> instead; // what serves where the files do not
    for (;;) {
        std::signal(SIGHUP, SIG_IGN); // until there is something to reload
        const bool is_second = instead.has_value();
        auto foundation = lay_foundation(files, std::move(instead));
        if (!foundation) return give_up(foundation.error());
        auto end = Daemon(config, std::move(*foundation)).run();
        instead = std::move(end.instead);
        if (instead && !is_second) continue;
        sys::log(sys::Level::info, "metkad.stopped");
        return end.status;
    }
}

} // namespace metka::metkad
