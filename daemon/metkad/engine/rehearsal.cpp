#include "daemon/metkad/engine/rehearsal.h"

#include <cerrno>
#include <csignal>

#include <asio/io_context.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <asio/redirect_error.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/text.h"
#include "core/net/spawn.h"
#include "core/sys/file.h"
#include "daemon/metkad/engine/overheard.h"

namespace metka::metkad {

namespace {

using namespace std::chrono_literals;

constexpr auto check_patience = 8s;
constexpr auto last_words_patience = 1s;

// The path under which a program finds what it was handed as household::configuration_descriptor.
std::string configuration_path()
{
    return fmt::format("/proc/self/fd/{}", household::configuration_descriptor);
}

std::string without_path(std::string said, const std::string& name)
{
    const auto path = configuration_path();
    for (auto at = said.find(path); at != std::string::npos; at = said.find(path, at + name.size()))
        said.replace(at, path.size(), name);
    return said;
}

asio::awaitable<Result<void>> check(Program program, const Place& place, const std::string& folder)
{
    const auto name = household::executable(program);
    const auto memory = sys::sealed_memory(name + ".yaml", place.engine);
    if (!memory) co_return pass(memory);
    Launch launch{.program = name,
                  .arguments = {"--check", configuration_path()},
                  .identity = place.identity,
                  .configuration = memory->get(),
                  .folder = folder};
    auto ended = co_await run_to_end(std::move(launch), check_patience);
    if (!ended) co_return pass(ended);
    if (ended->status == 0) co_return Result<void>{};
    const auto said = without_path(std::move(ended->said), name + ".yaml");
    co_return fail(Fault::invalid, "{} refuses its configuration (exit status {}): {}", name, ended->status,
                   trim(said));
}

struct Course { // of one program that is run to its end
    bool is_late = false;
    bool is_over = false;
};

struct Round {
    explicit Round(const asio::any_io_executor& executor) : bell(executor) {}
    std::size_t under_way = 0;
    Result<void> result;
    Bell bell;
};

// However its check ends: who waits for all of them is told, and what did not come to its end is no consent.
struct Part {
    std::shared_ptr<Round> round;
    Result<void> checked = fail(Fault::internal, "the check of an engine file did not come to its end");
    ~Part()
    {
        if (!checked && round->result) round->result = std::move(checked);
        --round->under_way;
        round->bell.ring();
    }
};

asio::awaitable<void> take_part(std::shared_ptr<Round> round, Program program, Place place,
                                std::string folder)
{
    Part part{.round = std::move(round)};
    auto checked = co_await check(program, place, folder);
    part.checked = std::move(checked);
}

asio::awaitable<void> note(std::map<Program, Place> places, std::string folder, Result<void>& result)
{
    result = co_await have_checked(std::move(places), std::move(folder));
}

} // namespace

asio::awaitable<Result<Ended>> run_to_end(Launch launch, std::chrono::seconds patience)
{
    const auto until = Steady::now() + patience;
    const auto loop = co_await asio::this_coro::executor;
    auto heard = Overheard::open(loop, Passing::kept);
    if (!heard) co_return pass(heard);
    launch.errors = heard->mouth.get();
    auto child = metkad::launch(launch);
    if (!child) co_return pass(child);
    heard->mouth.reset();

    asio::posix::stream_descriptor end(loop, child->end.release());
    asio::steady_timer limit(loop, until);
    const auto course = std::make_shared<Course>();
    limit.async_wait([course, victim = child->pid](const asio::error_code& cancelled) {
        if (cancelled || course->is_over) return;
        course->is_late = true;
        kill(victim, SIGKILL);
    });
    asio::error_code ignored;
    co_await end.async_wait(asio::posix::stream_descriptor::wait_read,
                            asio::redirect_error(asio::use_awaitable, ignored));
    course->is_over = true; // before its process id is anybody else's
    limit.cancel();
    int status = 0;
    waitpid(child->pid, &status, 0);
    co_await heard->overheard->whole(Steady::now() + last_words_patience);
    if (course->is_late)
        co_return fail(Fault::unavailable, "{} did not finish checking within {} s", launch.program,
                       patience.count());
    co_return Ended{.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status),
                    .said = heard->overheard->said()};
}

asio::awaitable<Result<void>> have_checked(std::map<Program, Place> places, std::string folder)
{
    const auto loop = co_await asio::this_coro::executor;
    const auto round = std::make_shared<Round>(loop);
    for (auto& [program, place] : places) {
        ++round->under_way;
        net::spawn(loop, take_part(round, program, std::move(place), folder),
                   "check by " + household::executable(program));
    }
    while (round->under_way > 0)
        co_await round->bell.wait();
    co_return std::move(round->result);
}

Result<void> have_checked_now(std::map<Program, Place> places, std::string folder)
{
    asio::io_context loop(1);
    Result<void> result = fail(Fault::internal, "the check of the engine files did not come to its end");
    net::spawn(loop.get_executor(), note(std::move(places), std::move(folder), result), "checks");
    loop.run();
    return result;
}

} // namespace metka::metkad
