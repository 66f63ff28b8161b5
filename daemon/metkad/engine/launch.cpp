#include "daemon/metkad/engine/launch.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <fcntl.h>
#include <linux/close_range.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/household/household.h"
#include "core/sys/file.h"

namespace metka::metkad {

namespace {

constexpr rlim_t wanted_descriptors = 65'536;

Result<sys::Descriptor> folder_of_ours()
{
    auto path = std::string(4096, '\0');
    const auto size = readlink("/proc/self/exe", path.data(), path.size());
    if (size <= 0) return fail_errno(errno, "finding the folder of metkad");
    path.resize(static_cast<std::size_t>(size));
    return sys::open_folder(path.substr(0, path.rfind('/')));
}

// Moved out of the way of the low numbers that the child's own descriptors will take.
sys::Descriptor out_of_the_way(int fd)
{
    return sys::Descriptor(fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 10));
}

struct Prepared {
    sys::Descriptor program, wire, lock, errors, nothing;
    std::vector<char*> words;
    const sys::Identity* identity = nullptr;
};

// Every connection, message and wire is a descriptor: the usual soft limit of 1,024 would be the first to be
// met.
void allow_many_descriptors()
{
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    if (geteuid() == 0) limit.rlim_max = std::max<rlim_t>(limit.rlim_max, wanted_descriptors);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

// Between fork and exec: async-signal-safe calls only.
[[noreturn]] void turn_into(const Prepared& prepared)
{
    dup2(prepared.nothing.get(), STDIN_FILENO);
    dup2(prepared.nothing.get(), STDOUT_FILENO);
    if (prepared.errors) dup2(prepared.errors.get(), STDERR_FILENO);
    if (prepared.wire) dup2(prepared.wire.get(), household::metkad_descriptor);
    if (prepared.lock) dup2(prepared.lock.get(), household::lock_descriptor);
    close_range(household::lock_descriptor + 1, ~0U, CLOSE_RANGE_CLOEXEC);
    allow_many_descriptors();
    if (prepared.identity != nullptr && !sys::become(*prepared.identity)) _exit(126);
    // By descriptor: the checkout that holds the programs need not be one that the engine's users can enter.
    std::array<char*, 1> environment{nullptr};
    syscall(SYS_execveat, prepared.program.get(), "", prepared.words.data(), environment.data(),
            AT_EMPTY_PATH);
    _exit(127);
}

} // namespace

Result<pid_t> launch(const Launch& launch)
{
    const auto folder = folder_of_ours();
    if (!folder) return pass(folder);
    Prepared prepared;
    prepared.program.reset(openat(folder->get(), launch.program.c_str(), O_PATH | O_CLOEXEC));
    if (!prepared.program) return fail_errno(errno, fmt::format("starting {}", launch.program));
    prepared.wire = out_of_the_way(launch.wire);
    prepared.lock = out_of_the_way(launch.lock);
    prepared.errors = out_of_the_way(launch.errors);
    prepared.nothing = out_of_the_way(sys::Descriptor(open("/dev/null", O_RDWR | O_CLOEXEC)).get());
    auto name = launch.program;
    auto arguments = launch.arguments;
    prepared.words.push_back(name.data());
    for (auto& argument : arguments)
        prepared.words.push_back(argument.data());
    prepared.words.push_back(nullptr);
    if (launch.identity) prepared.identity = &*launch.identity;

    const pid_t pid = fork();
    if (pid < 0) return fail_errno(errno, fmt::format("starting {}", launch.program));
    if (pid == 0) turn_into(prepared);
    return pid;
}

Result<Ended> run_to_end(Launch launch)
{
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0) return fail_errno(errno, "making a pipe");
    const sys::Descriptor out(ends[0]);
    sys::Descriptor in(ends[1]);
    launch.errors = in.get();
    const auto pid = metkad::launch(launch);
    if (!pid) return pass(pid);
    in.reset();

    Ended ended;
    std::array<char, 4096> block{};
    for (;;) {
        const auto got = read(out.get(), block.data(), block.size());
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) break;
        if (ended.said.size() < 64 * 1024) ended.said.append(block.data(), static_cast<std::size_t>(got));
    }
    int status = 0;
    while (waitpid(*pid, &status, 0) < 0 && errno == EINTR) {
    }
    ended.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return ended;
}

} // namespace metka::metkad
