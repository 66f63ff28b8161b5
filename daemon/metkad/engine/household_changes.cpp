// What changes while the programs run: the generation, the certificates, the listeners.

#include "core/net/spawn.h"
#include "core/sys/file.h"
#include "core/sys/log.h"
#include "daemon/metkad/engine/household_parts.h"
#include "daemon/metkad/engine/listeners.h"

namespace metka::metkad {

namespace {

using namespace std::chrono_literals;

constexpr auto answer_patience = 8s; // for the answers of all
constexpr auto return_patience = 2s; // what comes later comes later

std::string text_of(std::uint64_t generation)
{
    return fmt::format("generation {}", generation);
}

} // namespace

// --- one question to several
// -------------------------------------------------------------------------------------

std::shared_ptr<Household::Question> Household::Round::put(const std::shared_ptr<Round>& self,
                                                           Question question)
{
    const auto name = question.process->name();
    auto asked = std::make_shared<Question>(std::move(question));
    self->waiting.push_back(name);
    net::spawn(self->executor, ask(self, asked), "question to " + name);
    return asked;
}

void Household::Round::refuse(Fault by, std::string why)
{
    if (refusals.empty()) fault = by;
    refusals.push_back(std::move(why));
}

// It outlives its round: a late answer still counts for what the program runs, and what it is asked next
// waits for it.
asio::awaitable<void> Household::Round::ask(std::shared_ptr<Round> self, std::shared_ptr<Question> question)
{
    const auto process = question->process;
    const auto name = process->name();
    auto request = [question] {
        question->is_asked = true;
        return std::move(question->frame);
    };
    auto answer = co_await process->ask_in_order(std::move(request));
    if (!answer && process->wire().is_open()) {
        self->refuse(answer.error().fault,
                     fmt::format("{} refuses {}: {}", name, question->what, answer.error().text));
    } else if (!answer) {
        const bool died = co_await process->ended(self->until);
        self->refuse(
            Fault::unavailable,
            died ? fmt::format("{} died ({}) while taking {}", name, process->how_ended(), question->what)
                 : fmt::format("{} closed its wire while taking {}", name, question->what));
    } else if (question->generation != 0) {
        const auto adopted = sys::decode<household::Adopted>(*answer);
        if (adopted) process->started().generation = adopted->generation;
        if (!adopted || adopted->generation != question->generation)
            self->refuse(Fault::internal,
                         fmt::format("{} was given {} and answered something else", name, question->what));
    }
    std::erase(self->waiting, name);
    self->bell.ring();
}

asio::awaitable<Result<void>> Household::Round::result()
{
    while (!is_decided() && (starting || Steady::now() < until))
        co_await bell.wait(starting ? without_end : until);
    auto why = refusals;
    const auto patience = std::chrono::round<std::chrono::seconds>(until - begun_).count();
    if (why.empty())
        for (const auto& name : waiting)
            why.push_back(fmt::format("{} did not answer within {} s", name, patience));
    if (why.empty()) co_return Result<void>{};
    const auto text = fmt::format("{}", fmt::join(why, "; "));
    co_return fail(fault, "{}", text);
}

// --- the generation
// ----------------------------------------------------------------------------------------------

Result<Household::Places> Household::places_with(Engines engines, std::uint64_t generation) const
{
    auto places = furnishing_.places;
    for (auto& [program, place] : places) {
        const auto engine = engines.find(program);
        if (engine == engines.end())
            return fail(Fault::internal, "{} has no engine file for {}", text_of(generation),
                        household::executable(program));
        place.engine = std::move(engine->second);
        place.generation = generation;
    }
    return places;
}

Result<Household::Question> Household::adoption(const Member& member, const Place& place)
{
    auto memory = sys::sealed_memory(household::executable(member.program) + ".yaml", place.engine);
    if (!memory) return pass(memory);
    Question question{.process = member.current,
                      .frame = sys::encode(household::Adopt{}),
                      .what = text_of(place.generation),
                      .generation = place.generation};
    question.frame.descriptors[0] = std::move(*memory);
    return question;
}

Result<void> Household::put_adopt(const Places& places, const std::shared_ptr<Round>& round)
{
    for (const auto& each : members_) {
        if (!each->is_running()) continue;
        auto question = adoption(*each, places.at(each->program));
        if (!question) return pass(question);
        Round::put(round, std::move(*question));
    }
    return {};
}

// Of several that wait until a program has answered what it was asked before, only the newest is left.
Result<void> Household::put_return(Member& member, const std::shared_ptr<Round>& round)
{
    auto question = adoption(member, furnishing_.places.at(member.program));
    if (!question) return pass(question);
    const auto before = member.returning.lock();
    if (before && !before->is_asked && before->process == member.current) {
        *before = std::move(*question);
        const auto silent = member.current->answers(0s);
        if (!silent) round->refuse(silent.error().fault, silent.error().text);
        return {};
    }
    member.returning = Round::put(round, std::move(*question));
    return {};
}

// One after the other: each is introduced to those before it.
asio::awaitable<void> Household::start_missing(const Places& places, std::shared_ptr<Round> round)
{
    for (const auto& each : members_) {
        if (each->is_running()) continue;
        ++each->restarts;
        const auto& place = places.at(each->program);
        const auto begun = co_await begin(*each, place, round->until);
        if (!begun) round->refuse(begun.error().fault, begun.error().text);
    }
    round->starting = false;
    round->bell.ring();
}

asio::awaitable<Result<void>> Household::adopt(Engines engines, std::uint64_t generation)
{
    const auto turn = co_await turn_.take();
    if (stopping_) co_return fail(Fault::unavailable, "metkad is stopping");
    for (const auto& each : members_) {
        const auto answers = each->answers();
        if (!answers) co_return pass(answers);
    }
    auto places = places_with(std::move(engines), generation);
    if (!places) co_return pass(places);
    const auto round = std::make_shared<Round>(loop_.get_executor(), Steady::now() + answer_patience);
    const auto put = put_adopt(*places, round);
    if (!put) co_return pass(put);
    if (!std::ranges::all_of(members_, [](const auto& each) { return each->is_running(); })) {
        round->starting = true;
        net::spawn(loop_.get_executor(), start_missing(*places, round), "start of the missing");
    }
    auto result = co_await round->result();
    if (result) furnishing_.places = std::move(*places);
    co_return result;
}

asio::awaitable<Result<void>> Household::return_to(Engines engines, std::uint64_t generation)
{
    const auto turn = co_await turn_.take();
    auto places = places_with(std::move(engines), generation);
    if (!places) co_return pass(places);
    furnishing_.places = std::move(*places);
    const auto round = std::make_shared<Round>(loop_.get_executor(), Steady::now() + return_patience);
    Result<void> put;
    for (const auto& each : members_) {
        if (put && each->is_running()) put = put_return(*each, round);
    }
    if (!put) co_return pass(put);
    for (const auto& each : members_)
        each->bell.ring(); // one that waits for its start has a reason to try now
    while (!round->waiting.empty() && Steady::now() < round->until)
        co_await round->bell.wait(round->until);
    auto result = co_await round->result();
    co_return result;
}

// --- the certificates
// --------------------------------------------------------------------------------------------

asio::awaitable<Result<void>> Household::hand_out(const sys::Descriptor& certificates,
                                                  Steady::time_point until)
{
    const auto round = std::make_shared<Round>(loop_.get_executor(), until);
    for (const auto& each : members_) {
        if (!each->is_running() || !has_listeners(each->program)) continue;
        auto frame = sys::encode(household::GiveCertificates{});
        frame.descriptors[0] = certificates.duplicate();
        Round::put(round, {.process = each->current, .frame = std::move(frame), .what = "its certificates"});
    }
    auto result = co_await round->result();
    co_return result;
}

asio::awaitable<Result<void>> Household::use_certificates(sys::Descriptor certificates)
{
    const auto turn = co_await turn_.take();
    for (const auto& each : members_) {
        const auto answers = has_listeners(each->program) ? each->answers() : Result<void>{};
        if (!answers) co_return pass(answers);
    }
    auto taken = co_await hand_out(certificates, Steady::now() + answer_patience);
    if (taken) {
        furnishing_.certificates = std::move(certificates);
        co_return taken;
    }
    if (!furnishing_.certificates) {
        auto none = sys::sealed_memory("certificates", sys::encode(household::CertificateSet{}).body);
        if (!none) co_return pass(none);
        furnishing_.certificates = std::move(*none);
    }
    (void)co_await hand_out(furnishing_.certificates, Steady::now() + return_patience);
    co_return taken;
}

sys::Descriptor Household::certificates() const
{
    return furnishing_.certificates.duplicate();
}

// --- the listeners
// -----------------------------------------------------------------------------------------------

std::span<const Listener> Household::listeners() const
{
    return furnishing_.listeners;
}

asio::awaitable<Result<void>> Household::ask_one(Program program, net::Frame frame, std::string what,
                                                 Steady::time_point until)
{
    const auto& asked = member(program);
    if (!asked.is_running()) co_return Result<void>{}; // it gets what there is when it starts
    const auto round = std::make_shared<Round>(loop_.get_executor(), until);
    Round::put(round, {.process = asked.current, .frame = std::move(frame), .what = std::move(what)});
    auto result = co_await round->result();
    co_return result;
}

asio::awaitable<Result<void>> Household::give(Listener listener)
{
    const auto turn = co_await turn_.take();
    const auto& asked = member(listener.program);
    const auto answers = asked.answers();
    if (!answers) co_return pass(answers);
    const auto listening = begin_listening(listener, furnishing_.listeners);
    if (!listening) co_return pass(listening);
    const auto address = listener.address.text();
    auto what = fmt::format("{} {}", listener.name, address);
    if (furnishing_.certificates && !has_listeners(listener.program)) {
        auto certificates = sys::encode(household::GiveCertificates{});
        certificates.descriptors[0] = furnishing_.certificates.duplicate();
        auto equipped = co_await ask_one(listener.program, std::move(certificates), "its certificates",
                                         Steady::now() + answer_patience);
        if (!equipped) co_return equipped;
    }
    auto frame = sys::encode(household::GiveListener{.name = listener.name, .address = address});
    frame.descriptors[0] = listener.socket.duplicate();
    auto given = co_await ask_one(listener.program, std::move(frame), std::move(what),
                                  Steady::now() + answer_patience);
    if (given) {
        furnishing_.listeners.push_back(std::move(listener));
        co_return given;
    }
    // It may take it late; then this, which it is asked after that, takes it away again.
    if (asked.is_running() && !asked.current->answers(0s)) {
        const household::DropListener drop{.name = listener.name, .address = address};
        const auto round = std::make_shared<Round>(loop_.get_executor(), Steady::now());
        Round::put(round, {.process = asked.current, .frame = sys::encode(drop), .what = listener.name});
    }
    co_return given;
}

asio::awaitable<Result<void>> Household::drop(std::string name, settings::ListenAddress address)
{
    const auto turn = co_await turn_.take();
    const auto is_it = [&](const Listener& each) { return each.name == name && each.address == address; };
    const auto found = std::ranges::find_if(furnishing_.listeners, is_it);
    if (found == furnishing_.listeners.end())
        co_return fail(Fault::not_found, "there is no listener {} {}", name, address.text());
    const Listener dropped = std::move(*found); // its socket stays here until the program has let go of it
    furnishing_.listeners.erase(found);
    const household::DropListener message{.name = name, .address = address.text()};
    auto what = fmt::format("that {} {} goes", name, address.text());
    // One that owes an answer is told all the same: there is one of these for each listener it was given.
    auto answers = member(dropped.program).answers();
    const auto until = Steady::now() + (answers ? answer_patience : 0s);
    auto answer = co_await ask_one(dropped.program, sys::encode(message), std::move(what), until);
    co_return answers ? answer : answers;
}

} // namespace metka::metkad
