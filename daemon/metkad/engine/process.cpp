#include "daemon/metkad/engine/process.h"

#include <algorithm>
#include <csignal>

#include <asio/redirect_error.hpp>
#include <asio/use_awaitable.hpp>
#include <fmt/chrono.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/text.h"
#include "core/net/spawn.h"

namespace metka::metkad {

namespace {

using namespace std::chrono_literals;

constexpr auto last_words_patience = 1s; // of one that has closed its wire, or was killed
constexpr auto order_patience = 24h; // a late answer still has its turn; a wire that closes answers at once
constexpr std::size_t most_last_words = 2000;

std::chrono::milliseconds left(Steady::time_point until)
{
    const auto rest = std::chrono::ceil<std::chrono::milliseconds>(until - Steady::now());
    return std::max(rest, 0ms);
}

} // namespace

Process::Process(const asio::any_io_executor& executor, Program program, Child child, sys::Descriptor wire)
    : program_(program),
      pid_(child.pid),
      end_(executor, child.end.release()),
      wire_(net::Wire::open(executor, std::move(wire), household::executable(program))),
      in_order_(executor),
      bell_(executor)
{
}

Result<std::shared_ptr<Process>> Process::launch(const asio::any_io_executor& executor, Program program,
                                                 Launch launch, net::Wire::Handler hears,
                                                 std::function<void()> when_ended)
{
    auto ends = sys::make_wire();
    if (!ends) return pass(ends);
    auto overheard = Overheard::open(executor, Passing::on);
    if (!overheard) return pass(overheard);
    launch.program = household::executable(program);
    launch.wire = ends->other.get();
    launch.errors = overheard->mouth.get();
    const auto executable = executable_of(launch);
    auto child = metkad::launch(launch);
    if (!child) return pass(child);

    auto process = std::make_shared<Process>(executor, program, std::move(*child), std::move(ends->one));
    process->overheard_ = std::move(overheard->overheard);
    process->executable_ = executable;
    process->folder_ = launch.folder;
    process->wire_->serve(std::move(hears));
    net::spawn(executor, watch(process, std::move(when_ended)), "end of " + process->name());
    return process;
}

asio::awaitable<void> Process::watch(std::shared_ptr<Process> self, std::function<void()> when_ended)
{
    asio::error_code ignored;
    co_await self->end_.async_wait(asio::posix::stream_descriptor::wait_read,
                                   asio::redirect_error(asio::use_awaitable, ignored));
    int status = 0;
    waitpid(self->pid_, &status, 0);
    self->status_ = status;
    self->end_.close(ignored);
    self->wire_->close();
    self->bell_.ring();
    when_ended();
}

// --- asking
// ------------------------------------------------------------------------------------------------------

asio::awaitable<Result<net::Frame>> Process::ask(net::Frame request, std::chrono::milliseconds patience)
{
    struct UnderWay {
        Process& process;
        ~UnderWay()
        {
            --process.under_way_;
            process.bell_.ring();
        }
    };
    ++under_way_;
    const UnderWay under_way{*this};
    auto answer = co_await wire_->ask(std::move(request), patience);
    co_return answer;
}

asio::awaitable<Result<net::Frame>> Process::ask_in_order(std::function<net::Frame()> request)
{
    struct Order {
        Process& process;
        ~Order()
        {
            --process.orders_;
            process.first_order_ = {}; // the one behind it is asked now
        }
    };
    if (orders_++ == 0) first_order_ = {};
    const Order order{*this};
    const auto turn = co_await in_order_.take();
    auto answer = co_await wire_->ask(request(), order_patience);
    co_return answer;
}

Result<void> Process::answers(std::chrono::milliseconds within) const
{
    if (orders_ == 0 || Steady::now() - first_order_.from < within) return {};
    const auto since = std::chrono::floor<std::chrono::seconds>(first_order_.at);
    return fail(Fault::unavailable, "{} has not answered since {}; `metkactl engine restart {}` replaces it",
                name(), fmt::format("{:%FT%TZ}", fmt::gmtime(std::chrono::system_clock::to_time_t(since))),
                household::name(program_));
}

asio::awaitable<void> Process::idle(Steady::time_point until)
{
    while (under_way_ > 0 && Steady::now() < until)
        co_await bell_.wait(until);
}

// --- starting
// ----------------------------------------------------------------------------------------------------

asio::awaitable<Result<household::Started>> Process::furnish(std::vector<net::Frame> gifts,
                                                             Steady::time_point until)
{
    for (auto& gift : gifts) {
        const auto taken = co_await ask(std::move(gift), left(until));
        if (!taken) co_return pass(taken);
    }
    // Its own message, if it cannot start, came here; from now on it needs nobody to pass it on.
    auto start = sys::encode(household::Start{});
    start.descriptors[0] = sys::Descriptor(dup(STDERR_FILENO));
    const auto answer = co_await ask(std::move(start), left(until));
    if (!answer) co_return pass(answer);
    co_return sys::decode<household::Started>(*answer);
}

asio::awaitable<Result<void>> Process::start(std::vector<net::Frame> gifts, std::uint64_t generation,
                                             Steady::time_point until)
{
    auto ready = co_await furnish(std::move(gifts), until);
    if (ready && ready->generation != generation)
        ready = fail(Fault::unavailable, "it was given generation {}, and says that it runs generation {}",
                     generation, ready->generation);
    if (ready) {
        started_ = std::move(*ready);
        co_return Result<void>{};
    }
    auto why = std::move(ready.error().text);
    // One that closed its wire is ending, and how says more than that its wire is closed.
    const bool is_over = !wire_->is_open() && co_await ended(Steady::now() + last_words_patience);
    if (is_over) why = how_ended();
    kill();
    (void)co_await ended();
    co_await overheard_->whole(Steady::now() + last_words_patience);
    std::string_view said = overheard_->said();
    if (said.size() > most_last_words) said.remove_prefix(said.size() - most_last_words);
    said = trim(said);
    if (said.empty()) co_return fail(Fault::unavailable, "{} did not start: {}", name(), why);
    co_return fail(Fault::unavailable, "{} did not start: {}; it said: {}", name(), why, said);
}

std::chrono::seconds Process::age() const
{
    return std::chrono::floor<std::chrono::seconds>(Steady::now() - launched_);
}

bool Process::is_replaced_on_disk() const
{
    return executable_ && executable_of({.program = name(), .folder = folder_}) != executable_;
}

// --- ending
// ------------------------------------------------------------------------------------------------------

asio::awaitable<bool> Process::ended(Steady::time_point until)
{
    while (!status_ && Steady::now() < until)
        co_await bell_.wait(until);
    co_return status_.has_value();
}

int Process::status() const
{
    const int status = status_.value_or(0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

std::string Process::how_ended() const
{
    const int status = status_.value_or(0);
    return WIFEXITED(status) ? fmt::format("exit status {}", WEXITSTATUS(status))
                             : fmt::format("signal {}", WTERMSIG(status));
}

void Process::kill()
{
    if (!has_ended()) ::kill(pid_, SIGKILL);
}

} // namespace metka::metkad
