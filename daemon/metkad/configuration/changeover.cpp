#include "daemon/metkad/configuration/changeover.h"

#include "core/sys/fault_point.h"
#include "core/sys/log.h"
#include "daemon/metkad/engine/listeners.h"
#include "daemon/metkad/engine/rehearsal.h"
#include "daemon/metkad/engine/roster.h"

namespace metka::metkad {

namespace {

// One switch on its way, and the way back.
class Changeover {
  public:
    Changeover(Changing& changing, const Target& target, const Target& before)
        : changing_(changing), target_(target), before_(before)
    {
    }

    asio::awaitable<Result<void>> run();

  private:
    asio::awaitable<Result<void>> prepare();
    asio::awaitable<Result<void>> tell();
    asio::awaitable<Result<void>> present();
    asio::awaitable<Result<void>> open_listeners();
    asio::awaitable<void> go_back();
    asio::awaitable<void> settle();

    const settings::Settings& wanted() const { return target_.loaded.settings; }

    Changing& changing_;
    const Target& target_;
    const Target& before_;
    ListenerChange listeners_;
    std::vector<ListenerChange::Gone> opened_; // handed over already
    Certificates certificates_;
    sys::Descriptor presented_before_; // the certificates to go back to, once others have been presented
};

// Nothing that runs is touched yet.
asio::awaitable<Result<void>> Changeover::prepare()
{
    if (target_.is_new) {
        const auto written = changing_.generations.write(target_.generation);
        if (!written) co_return written;
    }
    sys::fault_point("generation.named");
    auto places = places_of(target_.generation, changing_.in_force);
    if (!places) co_return pass(places);
    const std::string beside_metkad;
    const auto checked = co_await have_checked(std::move(*places), beside_metkad);
    if (!checked) co_return pass(checked);
    sys::fault_point("generation.checked");
    auto certificates = read_certificates(wanted());
    if (!certificates) co_return std::unexpected(of_settings(certificates.error()));
    certificates_ = std::move(*certificates);
    auto listeners = bind_listeners(wanted(), changing_.household.listeners());
    if (!listeners) co_return pass(listeners);
    listeners_ = std::move(*listeners);
    co_return changing_.check_directory(wanted());
}

asio::awaitable<Result<void>> Changeover::tell()
{
    const auto number = target_.generation.number;
    const auto switched = changing_.generations.point_to(number);
    if (!switched) co_return switched;
    sys::fault_point("generation.switched");
    const auto adopted = co_await changing_.household.adopt(engine_files(target_.generation), number);
    if (!adopted) co_return pass(adopted);
    sys::fault_point("generation.adopted");
    const auto presented = co_await present();
    if (!presented) co_return pass(presented);
    const auto opened = co_await open_listeners();
    if (!opened) co_return pass(opened);
    co_return changing_.settle_directory(wanted());
}

// Before the new listeners, whose first clients want them. The same ones again would cost every client its
// resumption: a new TLS context has new ticket keys.
asio::awaitable<Result<void>> Changeover::present()
{
    if (!changing_.certificates.is_new(certificates_.inventory)) co_return Result<void>();
    auto before = changing_.household.certificates();
    const auto presented = co_await changing_.household.use_certificates(std::move(certificates_.memory));
    if (!presented) co_return pass(presented);
    presented_before_ = std::move(before);
    co_return Result<void>();
}

asio::awaitable<Result<void>> Changeover::open_listeners()
{
    for (auto& listener : listeners_.added) {
        ListenerChange::Gone name{.name = listener.name, .address = listener.address};
        const auto given = co_await changing_.household.give(std::move(listener));
        if (!given) co_return pass(given);
        opened_.push_back(std::move(name));
    }
    co_return Result<void>();
}

asio::awaitable<void> Changeover::go_back()
{
    const auto stuck = [](const Result<void>& step) {
        if (!step) sys::log(sys::Level::error, "generation.stuck", {{"why", step.error().text}});
    };
    const auto number = before_.generation.number;
    stuck(changing_.generations.point_to(number));
    for (const auto& listener : opened_) {
        const auto dropped = co_await changing_.household.drop(listener.name, listener.address);
        stuck(dropped);
    }
    if (presented_before_) {
        const auto presented = co_await changing_.household.use_certificates(std::move(presented_before_));
        stuck(presented);
    }
    const auto returned = co_await changing_.household.return_to(engine_files(before_.generation), number);
    stuck(returned);
}

// All programs run it: nothing from here on turns back.
asio::awaitable<void> Changeover::settle()
{
    changing_.in_force = target_.loaded.settings;
    sys::log_from(static_cast<sys::Level>(wanted().log_level));
    changing_.certificates.use(changing_.in_force, std::move(certificates_.inventory));
    for (const auto& listener : listeners_.dropped) {
        const auto dropped = co_await changing_.household.drop(listener.name, listener.address);
        if (!dropped) sys::log(sys::Level::warning, "listener.kept", {{"why", dropped.error().text}});
    }
    const auto written = changing_.write_zones();
    if (!written) sys::log(sys::Level::error, "zones.unwritten", {{"why", written.error().text}});
    sys::fault_point("generation.settled");
}

asio::awaitable<Result<void>> Changeover::run()
{
    const CertificateWatch::Hold hold(changing_.certificates);
    const auto prepared = co_await prepare();
    if (!prepared) co_return pass(prepared);
    auto told = co_await tell();
    if (told)
        co_await settle();
    else
        co_await go_back();
    co_return told;
}

} // namespace

Engines engine_files(const Generation& generation)
{
    Engines files;
    for (const auto& row : roster())
        files.emplace(row.program, generation.engine_file(row.reader));
    return files;
}

Result<std::map<Program, Place>> places_of(const Generation& generation, const settings::Settings& settings)
{
    std::map<Program, Place> places;
    for (const auto& row : roster()) {
        auto who = identity_of(settings, row);
        if (!who) return pass(who);
        places[row.program] = {.engine = generation.engine_file(row.reader),
                               .generation = generation.number,
                               .identity = std::move(*who)};
    }
    return places;
}

asio::awaitable<Result<void>> change_over(Changing& changing, const Target& target, const Target& before)
{
    Changeover changeover(changing, target, before);
    auto done = co_await changeover.run();
    co_return done;
}

} // namespace metka::metkad
