#include "daemon/metkad/engine/household.h"

#include <algorithm>

#include <unistd.h>

#include "core/net/spawn.h"
#include "core/sys/file.h"
#include "core/sys/log.h"
#include "daemon/metkad/engine/household_parts.h"

namespace metka::metkad {

namespace {

using namespace std::chrono_literals;

constexpr auto start_patience = 10s;
constexpr auto stop_patience = 35s;  // a little more than what a child gives itself
constexpr auto reap_patience = 5s;   // of one that was killed
constexpr auto settle_patience = 5s; // for what was asked of a program before it drains
constexpr auto least_pause = 100ms;
constexpr auto most_pause = 30s;
constexpr auto settled_after = 60s;

} // namespace

// One wire between two programs: the newcomer has its end; the other gets its own when the newcomer is ready.
struct Household::Introduction {
    Running other;
    net::Frame frame;
};

Household::Household(asio::io_context& loop, Furnishing furnishing)
    : loop_(loop), furnishing_(std::move(furnishing)), turn_(loop.get_executor())
{
    for (const auto program : {Program::store, Program::auth, Program::smtp, Program::access})
        members_.push_back(std::make_unique<Member>(loop.get_executor(), program));
}

Household::~Household() = default;

Household::Member& Household::member(Program program)
{
    const auto is_it = [program](const auto& each) { return each->program == program; };
    return **std::ranges::find_if(members_, is_it);
}

void Household::hear(Program program, net::Wire::Handler handler)
{
    member(program).hears = std::move(handler);
}

bool Household::has_listeners(Program program) const
{
    const auto is_its = [program](const Listener& each) { return each.program == program; };
    return std::ranges::any_of(furnishing_.listeners, is_its);
}

// --- starting
// ----------------------------------------------------------------------------------------------------

asio::awaitable<Result<void>> Household::start()
{
    const auto turn = co_await turn_.take();
    for (const auto& each : members_) {
        const auto& place = furnishing_.places.at(each->program);
        const auto begun = co_await begin(*each, place, Steady::now() + start_patience);
        if (!begun) co_return pass(begun);
        net::spawn(loop_.get_executor(), keep(*each), "keeper of " + household::executable(each->program));
    }
    co_return Result<void>{};
}

// The one before, if there is one, is left to the caller.
asio::awaitable<Result<void>> Household::begin(Member& member, const Place& place, Steady::time_point until)
{
    auto launched = launch(member, place);
    if (!launched) co_return pass(launched);
    const Running process = std::move(*launched);
    member.starting = process;
    std::vector<net::Frame> all;
    auto introductions = introduce(member.program, all);
    std::ranges::move(gifts(member.program), std::back_inserter(all));
    const auto ready = co_await process->start(std::move(all), place.generation, until);
    member.starting.reset();
    if (!ready) co_return pass(ready);
    // Only now: had it not started, its peers would have kept the wires they had.
    for (auto& each : introductions)
        each.other->wire().tell(std::move(each.frame));
    member.current = process;
    member.bell.ring();
    sys::log(sys::Level::info, "program.started", {{"program", process->name()}, {"pid", process->pid()}});
    co_return Result<void>{};
}

Result<Household::Running> Household::launch(Member& member, const Place& place)
{
    const auto memory = sys::sealed_memory(household::executable(member.program) + ".yaml", place.engine);
    if (!memory) return pass(memory);
    Launch launch{.identity = place.identity,
                  .lock = furnishing_.lock.get(),
                  .configuration = memory->get(),
                  .folder = furnishing_.folder};
    return Process::launch(loop_.get_executor(), member.program, std::move(launch), member.hears,
                           [&member] { member.bell.ring(); });
}

// Its certificates, then its sockets, whose clients need them; its wires go before both.
std::vector<net::Frame> Household::gifts(Program program) const
{
    std::vector<net::Frame> gifts;
    if (furnishing_.certificates && has_listeners(program)) {
        gifts.push_back(sys::encode(household::GiveCertificates{}));
        gifts.back().descriptors[0] = furnishing_.certificates.duplicate();
    }
    for (const auto& each : furnishing_.listeners) {
        if (each.program != program) continue;
        gifts.push_back(
            sys::encode(household::GiveListener{.name = each.name, .address = each.address.text()}));
        gifts.back().descriptors[0] = each.socket.duplicate();
    }
    return gifts;
}

// Whoever drains still asks those who answer it; nobody new asks one that drains.
std::vector<Household::Introduction> Household::introduce(Program newcomer, std::vector<net::Frame>& gifts)
{
    std::vector<Introduction> introductions;
    const auto meet = [&](const Running& other) {
        auto ends = sys::make_wire();
        if (!ends) return sys::log(sys::Level::error, "wire.failed", {{"why", ends.error().text}});
        gifts.push_back(sys::encode(household::GiveWire{.peer = other->program()}));
        gifts.back().descriptors[0] = std::move(ends->one);
        auto frame = sys::encode(household::GiveWire{.peer = newcomer});
        frame.descriptors[0] = std::move(ends->other);
        introductions.push_back({.other = other, .frame = std::move(frame)});
    };
    for (const auto& plan : household::wires) {
        if (plan.asks != newcomer && plan.answers != newcomer) continue;
        const auto& other = member(plan.asks == newcomer ? plan.answers : plan.asks);
        if (other.is_running()) meet(other.current); // else they are introduced when it starts
        if (plan.answers == newcomer) std::ranges::for_each(other.draining, meet);
    }
    return introductions;
}

// --- watching
// ----------------------------------------------------------------------------------------------------

asio::awaitable<void> Household::keep(Member& member)
{
    const auto name = household::executable(member.program);
    auto pause = std::chrono::milliseconds(least_pause);
    while (!stopping_) {
        if (member.is_running()) {
            co_await member.bell.wait();
            continue;
        }
        if (const auto dead = std::exchange(member.current, nullptr)) {
            sys::log(sys::Level::error, "program.died", {{"program", name}, {"status", dead->status()}});
            if (dead->age() > settled_after) pause = least_pause;
        }
        member.without = "waiting";
        const auto until = Steady::now() + pause;
        pause = std::min<std::chrono::milliseconds>(pause * 2, most_pause);
        co_await member.bell.wait(until);
        const auto turn = co_await turn_.take();
        if (stopping_ || member.is_running()) continue; // somebody else who had a turn has started it
        ++member.restarts;
        const auto& place = furnishing_.places.at(member.program);
        const auto begun = co_await begin(member, place, Steady::now() + start_patience);
        if (!begun)
            sys::log(sys::Level::error, "program.start_failed",
                     {{"program", name}, {"why", begun.error().text}});
    }
}

// --- replacing
// ---------------------------------------------------------------------------------------------------

asio::awaitable<Result<pid_t>> Household::restart(Program program)
{
    if (restarting_ || stopping_)
        co_return fail(Fault::unavailable, "another restart is under way; repeat it when that has ended");
    struct UnderWay {
        bool& flag;
        ~UnderWay() { flag = false; }
    };
    restarting_ = true;
    const UnderWay under_way{restarting_};
    const auto turn = co_await turn_.take();
    if (stopping_) co_return fail(Fault::unavailable, "metkad is stopping");
    auto& changed = member(program);
    const Running old = changed.current;
    const auto& place = furnishing_.places.at(program);
    const auto begun = co_await begin(changed, place, Steady::now() + start_patience);
    if (!begun) co_return pass(begun);
    ++changed.restarts;
    const auto pid = changed.current->pid();
    if (old && !old->has_ended()) {
        changed.draining.push_back(old);
        net::spawn(loop_.get_executor(), retire(changed, old), "retirement of " + old->name());
    }
    co_return pid;
}

asio::awaitable<void> Household::retire(Member& member, Running old)
{
    co_await old->idle(Steady::now() + settle_patience);
    old->wire().tell(sys::encode(household::Drain{.is_replaced = true}));
    const bool went = co_await old->ended(Steady::now() + stop_patience);
    if (!went) {
        sys::log(sys::Level::warning, "program.killed", {{"program", old->name()}, {"pid", old->pid()}});
        old->kill();
        (void)co_await old->ended();
    }
    sys::log(sys::Level::info, "program.replaced", {{"program", old->name()}, {"pid", old->pid()}});
    std::erase(member.draining, old);
}

// --- stopping
// ----------------------------------------------------------------------------------------------------

asio::awaitable<void> Household::stop()
{
    stopping_ = true;
    for (const auto& each : members_)
        each->bell.ring();
    const auto turn = co_await turn_.take();
    co_await dismiss({Program::smtp, Program::access});
    co_await dismiss({Program::auth});
    co_await dismiss({Program::store});
}

asio::awaitable<void> Household::dismiss(std::vector<Program> programs)
{
    std::vector<Running> leaving;
    for (const auto program : programs) {
        auto& each = member(program);
        each.without = "stopped";
        if (each.is_running()) leaving.push_back(each.current);
        std::ranges::copy(each.draining, std::back_inserter(leaving));
    }
    for (const auto& each : leaving)
        each->wire().tell(sys::encode(household::Drain{}));
    const auto until = Steady::now() + stop_patience;
    for (const auto& each : leaving) {
        const bool went = co_await each->ended(until);
        if (went) continue;
        sys::log(sys::Level::warning, "program.killed", {{"program", each->name()}, {"pid", each->pid()}});
        each->kill();
        (void)co_await each->ended(Steady::now() + reap_patience);
    }
}

// --- asking
// ------------------------------------------------------------------------------------------------------

asio::awaitable<Result<net::Frame>> Household::ask(Program program, net::Frame request)
{
    const Running process = member(program).current; // replaced while we wait: it answers before it drains
    if (!process) co_return fail(Fault::unavailable, "{} is not running", household::executable(program));
    auto answer = co_await process->ask(std::move(request), net::Wire::patience);
    co_return answer;
}

std::vector<ProgramState> Household::states() const
{
    std::vector<ProgramState> states;
    for (const auto& member : members_) {
        const auto add = [&](const Running& process, std::string_view state) {
            states.push_back({.name = household::executable(member->program),
                              .state = std::string(state),
                              .pid = process ? process->pid() : 0,
                              .restarts = member->restarts});
            if (!process) return;
            states.back().generation = process->started().generation;
            states.back().missing = process->started().missing;
            states.back().started = process->since();
            states.back().is_replaced_on_disk = process->is_replaced_on_disk();
        };
        if (member->is_running()) add(member->current, "running");
        if (member->starting) add(member->starting, "starting");
        if (!member->is_running() && !member->starting) add(nullptr, member->without);
        for (const auto& each : member->draining)
            add(each, "draining");
    }
    return states;
}

} // namespace metka::metkad
