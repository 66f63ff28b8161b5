#include "daemon/metkad/engine/household.h"

#include <algorithm>
#include <csignal>

#include <asio/posix/stream_descriptor.hpp>
#include <asio/redirect_error.hpp>
#include <asio/use_awaitable.hpp>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/net/spawn.h"
#include "core/sys/log.h"
#include "daemon/metkad/engine/launch.h"

namespace metka::metkad {

namespace {

using namespace std::chrono_literals;
using Steady = std::chrono::steady_clock;

constexpr auto start_patience = 10s;
constexpr auto stop_patience = 35s; // a little more than what a child gives itself
constexpr auto least_pause = 100ms;
constexpr auto most_pause = 30s;
constexpr auto settled_after = 60s;

} // namespace

struct Household::Member {
    Member(asio::io_context& loop, Program p, const Place& where)
        : program(p), place(where), process(loop), pause(loop), gone(loop)
    {
    }

    Program program;
    const Place& place;
    pid_t pid = 0;
    asio::posix::stream_descriptor process; // pidfd: readable when it has ended
    asio::steady_timer pause;               // before it is started again
    asio::steady_timer gone;                // cancelled when its process has ended
    std::shared_ptr<net::Wire> wire;
    std::string state = "stopped";
    std::uint64_t restarts = 0;
    household::Started started;
};

Household::Household(asio::io_context& loop, Furnishing furnishing)
    : loop_(loop), furnishing_(std::move(furnishing))
{
    for (const auto program : {Program::store, Program::auth, Program::smtp, Program::access})
        members_.push_back(std::make_unique<Member>(loop, program, furnishing_.places.at(program)));
}

Household::~Household() = default;

Household::Member& Household::member(Program program)
{
    const auto is_it = [program](const auto& each) { return each->program == program; };
    return **std::ranges::find_if(members_, is_it);
}

// --- starting
// ----------------------------------------------------------------------------------------------------

asio::awaitable<Result<void>> Household::start()
{
    for (const auto& each : members_) {
        const auto begun = co_await begin(*each);
        if (!begun) co_return pass(begun);
        net::spawn(loop_.get_executor(), keep(*each), "keeper of " + household::executable(each->program));
    }
    co_return Result<void>{};
}

asio::awaitable<Result<void>> Household::begin(Member& member)
{
    const auto name = household::executable(member.program);
    auto ends = sys::make_wire();
    if (!ends) co_return pass(ends);
    const auto pid = launch({.program = name,
                             .arguments = {"--config", member.place.engine_file},
                             .identity = member.place.identity,
                             .wire = ends->other.get(),
                             .lock = furnishing_.lock.get()});
    if (!pid) co_return pass(pid);
    ends->other.reset();
    member.pid = *pid;
    member.state = "starting";
    member.process.assign(static_cast<int>(syscall(SYS_pidfd_open, member.pid, 0)));
    member.wire = net::Wire::open(loop_.get_executor(), std::move(ends->one), name);
    member.wire->serve(nullptr);
    furnish(member);

    auto started = co_await member.wire->ask_for<household::Started>(household::Start{}, start_patience);
    if (!started) {
        kill(member.pid, SIGKILL); // it may be hanging; if it has ended by itself, this changes nothing
        const int status = co_await ended(member);
        co_return fail(Fault::unavailable, "{} did not start (exit status {}); its own message is above",
                       name, status);
    }
    member.started = std::move(*started);
    member.state = "running";
    sys::log(sys::Level::info, "program.started", {{"program", name}, {"pid", member.pid}});
    co_return Result<void>{};
}

// Order matters to the child: its peers first, then its sockets, whose clients need them.
void Household::furnish(Member& member)
{
    connect(member);
    const auto is_its = [&](const Listener& each) { return each.program == member.program; };
    if (furnishing_.certificate && std::ranges::any_of(furnishing_.listeners, is_its)) {
        auto frame = sys::encode(household::GiveCertificate{});
        frame.descriptors[0] = furnishing_.certificate->chain.duplicate();
        frame.descriptors[1] = furnishing_.certificate->key.duplicate();
        member.wire->tell(std::move(frame));
    }
    for (const auto& listener : furnishing_.listeners) {
        if (!is_its(listener)) continue;
        auto frame = sys::encode(household::GiveListener{.name = listener.name});
        frame.descriptors[0] = listener.socket.duplicate();
        member.wire->tell(std::move(frame));
    }
}

void Household::connect(Member& newcomer)
{
    for (const auto& plan : household::wires) {
        if (plan.asks != newcomer.program && plan.answers != newcomer.program) continue;
        auto& other = member(plan.asks == newcomer.program ? plan.answers : plan.asks);
        if (!other.wire || !other.wire->is_open()) continue; // it will be connected when it starts
        auto ends = sys::make_wire();
        if (!ends) {
            sys::log(sys::Level::error, "wire.failed", {{"why", ends.error().text}});
            continue;
        }
        auto to_newcomer = sys::encode(household::GiveWire{.peer = other.program});
        to_newcomer.descriptors[0] = std::move(ends->one);
        newcomer.wire->tell(std::move(to_newcomer));
        auto to_other = sys::encode(household::GiveWire{.peer = newcomer.program});
        to_other.descriptors[0] = std::move(ends->other);
        other.wire->tell(std::move(to_other));
    }
}

// --- watching
// ----------------------------------------------------------------------------------------------------

asio::awaitable<int> Household::ended(Member& member)
{
    asio::error_code ignored;
    co_await member.process.async_wait(asio::posix::stream_descriptor::wait_read,
                                       asio::redirect_error(asio::use_awaitable, ignored));
    int status = 0;
    waitpid(member.pid, &status, 0);
    member.process.close(ignored);
    member.wire->close();
    member.pid = 0;
    member.state = "stopped";
    member.gone.cancel();
    co_return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

asio::awaitable<void> Household::keep(Member& member)
{
    const auto name = household::executable(member.program);
    auto pause = std::chrono::milliseconds(least_pause);
    for (;;) {
        const auto since = Steady::now();
        int status = 0;
        if (member.pid != 0) status = co_await ended(member);
        if (stopping_) co_return;
        sys::log(sys::Level::error, "program.died", {{"program", name}, {"status", status}});
        if (Steady::now() - since > settled_after) pause = least_pause;
        member.state = "waiting";
        member.pause.expires_after(pause);
        pause = std::min<std::chrono::milliseconds>(pause * 2, most_pause);
        asio::error_code ignored;
        co_await member.pause.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
        if (stopping_) co_return;
        ++member.restarts;
        const auto begun = co_await begin(member);
        if (!begun)
            sys::log(sys::Level::error, "program.start_failed",
                     {{"program", name}, {"why", begun.error().text}});
    }
}

// --- stopping
// ----------------------------------------------------------------------------------------------------

asio::awaitable<void> Household::stop()
{
    stopping_ = true;
    co_await dismiss({Program::smtp, Program::access});
    co_await dismiss({Program::auth});
    co_await dismiss({Program::store});
}

asio::awaitable<void> Household::dismiss(std::vector<Program> programs)
{
    for (const auto program : programs) {
        member(program).pause.cancel();
        if (member(program).wire) member(program).wire->tell(sys::encode(household::Drain{}));
    }
    const auto until = Steady::now() + stop_patience;
    for (const auto program : programs) {
        auto& leaving = member(program);
        asio::error_code ignored;
        leaving.gone.expires_at(until);
        if (leaving.pid != 0)
            co_await leaving.gone.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
        if (leaving.pid != 0) kill(leaving.pid, SIGKILL); // its keeper reaps it
    }
}

// --- asking
// ------------------------------------------------------------------------------------------------------

asio::awaitable<Result<net::Frame>> Household::ask(Program program, net::Frame request)
{
    const auto wire = member(program).wire;
    if (!wire) co_return fail(Fault::unavailable, "{} is not running", household::executable(program));
    co_return co_await wire->ask(std::move(request));
}

std::vector<ProgramState> Household::states() const
{
    std::vector<ProgramState> states;
    states.reserve(members_.size());
    for (const auto& each : members_)
        states.push_back({.name = household::executable(each->program),
                          .state = each->state,
                          .pid = each->pid,
                          .restarts = each->restarts,
                          .generation = each->started.generation,
                          .missing = each->started.missing});
    return states;
}

} // namespace metka::metkad
