#include "core/household/child.h"

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>

#include <CLI/CLI.hpp>
#include <asio/steady_timer.hpp>
#include <fcntl.h>
#include <sysexits.h>

#include "core/base/version.h"
#include "core/sys/file.h"
#include "core/sys/log.h"

namespace metka::household {

void Resident::listen(const std::string& name, sys::Descriptor /*socket*/)
{
    sys::log(sys::Level::warning, "household.unexpected", {{"listener", name}});
}

Result<void> Resident::use_certificate(std::string_view /*chain_pem*/, std::string_view /*key_pem*/)
{
    return fail(Fault::internal, "this program has no use for certificates");
}

asio::awaitable<Result<net::Frame>> Resident::answer_metkad(net::Frame request)
{
    co_return fail(Fault::denied, "this program does not answer frames of kind {:#06x}", request.kind);
}

namespace {

using settings::Settings;

constexpr Bytes most_configuration{1 << 20};
constexpr Bytes most_certificate{1 << 20};

void complain(const Trade& trade, std::string_view text)
{
    fmt::print(stderr, "{}: {}\n", executable(trade.program), text);
}

struct Words {
    std::string config;
    std::string check;
};

// The exit status, if the words themselves end the program.
std::optional<int> read_words(const Trade& trade, int count, char** words, Words& into)
{
    CLI::App app(std::string(trade.sentence), executable(trade.program));
    app.footer("Started by metkad(8), which hands it everything it needs.");
    app.set_version_flag("--version", fmt::format("{} {}", executable(trade.program), version));
    auto* const config = app.add_option("--config", into.config, "the engine file of its generation");
    app.add_option("--check", into.check, "check an engine file, say what is wrong with it, and end")
        ->excludes(config);
    try {
        app.parse(count, words);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? EX_OK : EX_USAGE;
    }
    if (!into.config.empty() || !into.check.empty()) return std::nullopt;
    complain(trade, "--config FILE or --check FILE is needed");
    return EX_USAGE;
}

std::optional<Settings> read_settings(const Trade& trade, const std::string& path)
{
    const auto text = sys::read_file(path, most_configuration);
    if (!text) {
        complain(trade, text.error().text);
        return std::nullopt;
    }
    auto loaded = settings::load(*text, path, trade.reader);
    if (loaded) return std::move(*loaded);
    complain(trade, settings::show(loaded.error()));
    return std::nullopt;
}

// Serves metkad's wire for one program.
class Child {
  public:
    Child(asio::io_context& loop, Resident& resident, Started started)
        : loop_(loop), resident_(resident), started_(std::move(started)), limit_(loop)
    {
    }

    void serve(sys::Descriptor descriptor)
    {
        wire_ = net::Wire::open(loop_.get_executor(), std::move(descriptor), "metkad");
        wire_->serve([this](net::Frame frame) { return answer(std::move(frame)); }, [this] { drain(); });
    }

  private:
    using Answer = Result<net::Frame>;

    asio::awaitable<Answer> answer(net::Frame frame)
    {
        switch (frame.kind) {
        case GiveWire::kind:
            co_return meet(frame);
        case GiveListener::kind:
            co_return listen(frame);
        case GiveCertificate::kind:
            co_return certificate(frame);
        case Start::kind:
            co_return sys::encode(started_);
        case Drain::kind:
            drain();
            co_return sys::encode(Taken{});
        default:
            co_return co_await resident_.answer_metkad(std::move(frame));
        }
    }

    Answer meet(net::Frame& frame)
    {
        const auto given = sys::decode<GiveWire>(frame);
        if (!given) return pass(given);
        resident_.meet(given->peer, std::move(frame.descriptors[0]));
        return sys::encode(Taken{});
    }

    Answer listen(net::Frame& frame)
    {
        const auto given = sys::decode<GiveListener>(frame);
        if (!given) return pass(given);
        resident_.listen(given->name, std::move(frame.descriptors[0]));
        return sys::encode(Taken{});
    }

    Answer certificate(const net::Frame& frame)
    {
        const auto chain = sys::read_whole(frame.descriptors[0].get(), most_certificate);
        if (!chain) return pass(chain);
        const auto key_text = sys::read_whole(frame.descriptors[1].get(), most_certificate);
        if (!key_text) return pass(key_text);
        const Secret key(*key_text);
        const auto used = resident_.use_certificate(*chain, key.reveal());
        if (!used) return pass(used);
        return sys::encode(Taken{});
    }

    // metkad says so, or is gone.
    void drain()
    {
        if (std::exchange(draining_, true)) return;
        sys::log(sys::Level::info, "program.draining");
        limit_.expires_after(drain_patience);
        limit_.async_wait([this](const asio::error_code& error) {
            if (!error) loop_.stop();
        });
        resident_.drain([this] { loop_.stop(); });
    }

    asio::io_context& loop_;
    Resident& resident_;
    Started started_;
    asio::steady_timer limit_;
    std::shared_ptr<net::Wire> wire_;
    bool draining_ = false;
};

Result<sys::Confinement> confine(const Trade& trade, const Settings& settings)
{
    const auto before = trade.rehearse ? trade.rehearse() : std::string{};
    auto confined = sys::confine(trade.posture(settings));
    if (!confined) return confined;
    const auto after = trade.rehearse ? trade.rehearse() : std::string{};
    if (before != after)
        return fail(Fault::internal, "a library behaves otherwise after confinement: “{}” became “{}”",
                    before, after);
    for (const auto& what : confined->missing)
        sys::log(sys::Level::warning, "program.unconfined", {{"what", what}});
    return confined;
}

int live(const Trade& trade, const Settings& settings)
{
    sys::Descriptor wire(metkad_descriptor);
    if (fcntl(wire.get(), F_SETFD, FD_CLOEXEC) != 0 || fcntl(lock_descriptor, F_SETFD, FD_CLOEXEC) != 0) {
        complain(trade, "it is started by metkad, not by hand; see metkad(8)");
        return EX_USAGE;
    }
    // The end comes over the wire: a terminal's ^C, sent to all of us, must not cut sessions off.
    for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGPIPE})
        std::signal(number, SIG_IGN);

    const auto confined = confine(trade, settings);
    if (!confined) {
        complain(trade, confined.error().text);
        return EX_CONFIG;
    }
    asio::io_context loop(1);
    const auto resident = trade.open(loop, settings);
    if (!resident) {
        complain(trade, resident.error().text);
        return EX_CONFIG;
    }
    Child child(loop, **resident, Started{.generation = settings.generation, .missing = confined->missing});
    child.serve(std::move(wire));
    loop.run();
    sys::log(sys::Level::info, "program.ended");
    std::_Exit(
        EX_OK); // what is still under way ends as at a kill -9: nothing that got its answer is lost by it
}

} // namespace

int run(const Trade& trade, int count, char** words)
{
    try {
        Words given;
        if (const auto status = read_words(trade, count, words, given)) return *status;
        const auto settings = read_settings(trade, given.check.empty() ? given.config : given.check);
        if (!settings) return EX_CONFIG;
        if (!given.check.empty()) return EX_OK;
        sys::log_as(executable(trade.program), static_cast<sys::Level>(settings->log_level));
        return live(trade, *settings);
    } catch (const std::exception& error) {
        complain(trade, error.what());
        return EX_SOFTWARE;
    }
}

} // namespace metka::household
