#include "tests/unit/household/child_process.h"

#include <array>
#include <csignal>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/sys/file.h"

namespace metka::household {

Result<sys::Frame> Peer::ask(sys::Frame request)
{
    request.number = ++number_;
    if (sys::send_frame(wire_.get(), request) != sys::Passed::whole)
        return fail(Fault::unavailable, "the wire is closed");
    for (;;) {
        pollfd waiting{.fd = wire_.get(), .events = POLLIN, .revents = 0};
        if (poll(&waiting, 1, 10'000) == 0) return fail(Fault::unavailable, "no answer");
        sys::Frame answer;
        const auto passed = sys::receive_frame(wire_.get(), answer);
        if (passed == sys::Passed::later) continue;
        if (passed != sys::Passed::whole) return fail(Fault::unavailable, "the wire is closed");
        if (answer.kind == 0) return std::unexpected(sys::decode_error(answer));
        return answer;
    }
}

sys::Descriptor sealed(std::string_view text)
{
    auto memory = sys::sealed_memory("test", text);
    REQUIRE(memory);
    return std::move(*memory);
}

ChildProcess::ChildProcess(const char* program, std::string_view engine_file, const std::string& lock)
{
    auto wire = sys::make_wire();
    REQUIRE(wire);
    const auto configuration = sealed(engine_file);
    const sys::Descriptor lock_file(open(lock.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    process_ = fork();
    REQUIRE(process_ >= 0);
    if (process_ == 0) {
        // Above what they become, so that none overwrites another.
        constexpr std::array<int, 3> numbers{metkad_descriptor, lock_descriptor, configuration_descriptor};
        const std::array<int, 3> high{fcntl(wire->other.get(), F_DUPFD_CLOEXEC, 100),
                                      fcntl(lock_file.get(), F_DUPFD_CLOEXEC, 100),
                                      fcntl(configuration.get(), F_DUPFD_CLOEXEC, 100)};
        for (std::size_t i = 0; i < high.size(); ++i)
            dup2(high.at(i), numbers.at(i));
        execl(program, program, nullptr);
        _exit(127);
    }
    metkad_.emplace(std::move(wire->one));
}

ChildProcess::~ChildProcess()
{
    metkad_.reset(); // it drains, and ends
    if (process_ <= 0) return;
    kill(process_, SIGKILL);
    waitpid(process_, nullptr, 0);
}

void ChildProcess::start()
{
    const auto started = metkad_->ask(Start{});
    REQUIRE_MESSAGE(started, (started ? "" : started.error().text));
}

int ChildProcess::wait()
{
    const sys::Descriptor process(static_cast<int>(syscall(SYS_pidfd_open, process_, 0)));
    pollfd ending{.fd = process.get(), .events = POLLIN, .revents = 0};
    if (poll(&ending, 1, 20'000) != 1) return -1;
    int status = 0;
    waitpid(std::exchange(process_, -1), &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

Peer ChildProcess::meet(Program peer)
{
    auto pair = sys::make_wire();
    REQUIRE(pair);
    const auto taken = metkad_->ask(GiveWire{.peer = peer}, std::move(pair->other));
    REQUIRE(taken);
    return Peer(std::move(pair->one));
}

} // namespace metka::household
