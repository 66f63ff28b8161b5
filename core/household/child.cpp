#include "core/household/child.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <optional>

#include <CLI/CLI.hpp>
#include <asio/steady_timer.hpp>
#include <fcntl.h>
#include <sysexits.h>
#include <unistd.h>

#include "core/base/version.h"
#include "core/household/handed_over.h"
#include "core/household/spare_memory.h"
#include "core/net/spawn.h"
#include "core/sys/file.h"
#include "core/sys/log.h"
#include "core/sys/wire_end.h"

namespace metka::household {

void Resident::speak_to(std::shared_ptr<net::Wire> /*metkad*/) {}

Result<void> Resident::listen(const std::string& name, const std::string& /*address*/,
                              sys::Descriptor /*socket*/)
{
    return fail(Fault::denied, "this program has no use for a listener {}", name);
}

Result<void> Resident::close_listener(const std::string& name, const std::string& /*address*/)
{
    return fail(Fault::not_found, "this program has no listener {}", name);
}

Result<void> Resident::use_certificates(std::span<const HostCertificate> /*certificates*/)
{
    return fail(Fault::denied, "this program has no use for certificates");
}

asio::awaitable<Result<net::Frame>> Resident::answer_metkad(net::Frame request)
{
    co_return fail(Fault::denied, "this program does not answer frames of kind {:#06x}", request.kind);
}

namespace {

using settings::Settings;

constexpr Bytes most_configuration{1 << 20};

void complain(const Trade& trade, std::string_view text)
{
    fmt::print(stderr, "{}: {}\n", executable(trade.program), text);
}

// The exit status, if the words themselves end the program.
std::optional<int> obey_words(const Trade& trade, int count, char** words)
{
    CLI::App app(std::string(trade.sentence), executable(trade.program));
    app.footer("Started by metkad(8), which hands it everything it needs.");
    app.set_version_flag("--version", fmt::format("{} {}", executable(trade.program), version));
    std::string file;
    app.add_option("--check", file, "check an engine file, say what is wrong with it, and end");
    try {
        app.parse(count, words);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? EX_OK : EX_USAGE;
    }
    if (app.count("--check") == 0) return std::nullopt;
    const auto text = sys::read_file(file, most_configuration);
    if (!text) {
        complain(trade, text.error().text);
        return EX_CONFIG;
    }
    const auto loaded = settings::load(*text, file, trade.reader);
    if (loaded) return EX_OK;
    complain(trade, settings::show(loaded.error()));
    return EX_CONFIG;
}

bool is_sealed_memory(int descriptor)
{
    return fcntl(descriptor, F_GET_SEALS) >= 0;
}

// What metkad starts a program with, out of reach of what the program may ever start.
bool was_started_by_metkad()
{
    if (!sys::is_wire_end(metkad_descriptor) || !is_sealed_memory(configuration_descriptor)) return false;
    for (const int each : {metkad_descriptor, lock_descriptor, configuration_descriptor})
        if (fcntl(each, F_SETFD, FD_CLOEXEC) != 0) return false;
    return true;
}

// Serves metkad's wire for one program.
class Child {
  public:
    Child(asio::io_context& loop, Resident& resident, settings::Reader reader, Settings settings)
        : loop_(loop), resident_(resident), reader_(reader), settings_(std::move(settings)), limit_(loop)
    {
    }

    void serve(sys::Descriptor descriptor, std::vector<std::string> missing)
    {
        missing_ = std::move(missing);
        wire_ = net::Wire::open(loop_.get_executor(), std::move(descriptor), "metkad");
        resident_.speak_to(wire_);
        wire_->serve([this](net::Frame frame) { return answer(std::move(frame)); },
                     [this] { drain(net::Pace::at_once); });
    }

  private:
    using Answer = Result<net::Frame>;

    asio::awaitable<Answer> answer(net::Frame frame)
    {
        struct Row {
            std::uint16_t kind;
            Answer (Child::*take)(net::Frame&);
        };
        static constexpr std::array<Row, 7> rows{{
            {GiveWire::kind, &Child::meet},
            {GiveListener::kind, &Child::listen},
            {DropListener::kind, &Child::close_listener},
            {GiveCertificates::kind, &Child::certificates},
            {Adopt::kind, &Child::adopt},
            {Start::kind, &Child::start},
            {Drain::kind, &Child::drain},
        }};
        for (const auto& row : rows)
            if (row.kind == frame.kind) co_return (this->*row.take)(frame);
        auto answered = co_await resident_.answer_metkad(std::move(frame));
        co_return answered;
    }

    static Answer taken(const Result<void>& done)
    {
        if (!done) return pass(done);
        return sys::encode(Taken{});
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
        const auto listening = resident_.listen(given->name, given->address, std::move(frame.descriptors[0]));
        // metkad may have told, not asked.
        if (!listening)
            sys::log(sys::Level::error, "listener.failed",
                     {{"listener", given->name}, {"why", listening.error().text}});
        return taken(listening);
    }

    Answer close_listener(net::Frame& frame)
    {
        const auto asked = sys::decode<DropListener>(frame);
        if (!asked) return pass(asked);
        return taken(resident_.close_listener(asked->name, asked->address));
    }

    Answer certificates(net::Frame& frame)
    {
        const auto given = sys::decode<GiveCertificates>(frame);
        if (!given) return pass(given);
        const auto read = read_certificates(frame.descriptors[0].get());
        const auto used = read ? resident_.use_certificates(*read) : Result<void>(pass(read));
        if (!used) sys::log(sys::Level::error, "certificates.refused", {{"why", used.error().text}});
        return taken(used);
    }

    Answer adopt(net::Frame& frame)
    {
        const auto asked = sys::decode<Adopt>(frame);
        if (!asked) return pass(asked);
        auto wanted = read_engine_file(frame.descriptors[0].get(), reader_);
        if (!wanted) return pass(wanted);
        auto adopted = check_adoptable(settings_, *wanted);
        if (adopted) adopted = resident_.adopt(*wanted);
        if (!adopted) return pass(adopted);
        settings_ = std::move(*wanted);
        sys::log_from(static_cast<sys::Level>(settings_.log_level));
        sys::log(sys::Level::info, "generation.adopted", {{"number", settings_.generation}});
        return sys::encode(Adopted{.generation = settings_.generation});
    }

    Answer start(net::Frame& frame)
    {
        const auto asked = sys::decode<Start>(frame);
        if (!asked) return pass(asked);
        if (frame.descriptors[0]) take_standard_error(frame.descriptors[0]);
        return sys::encode(Started{.generation = settings_.generation, .missing = missing_});
    }

    // In one step: workers open files meanwhile, and one of them would get the number between two.
    static void take_standard_error(const sys::Descriptor& given)
    {
        if (dup2(given.get(), STDERR_FILENO) < 0)
            sys::log(sys::Level::warning, "program.keeps_standard_error", {{"errno", errno}});
    }

    Answer drain(net::Frame& frame)
    {
        const auto asked = sys::decode<Drain>(frame);
        if (!asked) return pass(asked);
        drain(asked->is_replaced ? net::Pace::in_good_time : net::Pace::at_once);
        return sys::encode(Taken{});
    }

    // metkad says so, or is gone.
    void drain(net::Pace pace)
    {
        if (pace_ == pace || pace_ == net::Pace::at_once) return; // from good time to at once, never back
        const bool is_first = !std::exchange(pace_, pace);
        if (is_first) {
            sys::log(sys::Level::info, "program.draining");
            limit_.expires_after(drain_patience);
            limit_.async_wait([this](const asio::error_code& error) {
                if (!error) loop_.stop();
            });
        }
        resident_.drain([this] { loop_.stop(); }, pace);
    }

    asio::io_context& loop_;
    Resident& resident_;
    settings::Reader reader_;
    Settings settings_; // of the generation in force
    std::vector<std::string> missing_;
    asio::steady_timer limit_;
    std::shared_ptr<net::Wire> wire_;
    std::optional<net::Pace> pace_; // none: it serves
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
    Child child(loop, **resident, trade.reader, settings);
    child.serve(sys::Descriptor(metkad_descriptor), confined->missing);
    net::spawn(loop.get_executor(), give_back_spare_memory(), "spare memory");
    loop.run();
    sys::log(sys::Level::info, "program.ended");
    std::_Exit(
        EX_OK); // what is still under way ends as at a kill -9: nothing that got its answer is lost by it
}

int start(const Trade& trade)
{
    if (!was_started_by_metkad()) {
        complain(trade, "it is started by metkad, not by hand; see metkad(8)");
        return EX_USAGE;
    }
    sys::Descriptor configuration(configuration_descriptor);
    const auto settings = read_engine_file(configuration.get(), trade.reader);
    configuration.reset();
    if (!settings) {
        complain(trade, settings.error().text);
        return EX_CONFIG;
    }
    sys::log_as(executable(trade.program), static_cast<sys::Level>(settings->log_level));
    return live(trade, *settings);
}

} // namespace

int run(const Trade& trade, int count, char** words)
{
    try {
        if (const auto status = obey_words(trade, count, words)) return *status;
        return start(trade);
    } catch (const std::exception& error) {
        complain(trade, error.what());
        return EX_SOFTWARE;
    }
}

} // namespace metka::household
