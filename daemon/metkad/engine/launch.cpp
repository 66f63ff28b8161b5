#include "daemon/metkad/engine/launch.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <linux/close_range.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/household/household.h"
#include "core/sys/file.h"

namespace metka::metkad {

namespace {

constexpr rlim_t wanted_descriptors = 65'536;

Result<sys::Descriptor> folder_of(const Launch& launch)
{
    if (!launch.folder.empty()) return sys::open_folder(launch.folder);
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
    sys::Descriptor program, wire, lock, configuration, errors, nothing;
    std::vector<char*> words;
    const sys::Identity* identity = nullptr;
};

// Without its wire, its lock or its engine file it would be another program than the one that was ordered.
bool is_complete(const Prepared& prepared, const Launch& launch)
{
    return prepared.nothing && (launch.wire < 0 || prepared.wire) && (launch.lock < 0 || prepared.lock) &&
           (launch.configuration < 0 || prepared.configuration) && (launch.errors < 0 || prepared.errors);
}

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
    if (prepared.configuration) dup2(prepared.configuration.get(), household::configuration_descriptor);
    close_range(household::configuration_descriptor + 1, ~0U, CLOSE_RANGE_CLOEXEC);
    allow_many_descriptors();
    if (prepared.identity != nullptr && !sys::become(*prepared.identity)) _exit(126);
    // By descriptor: the checkout that holds the programs need not be one that the engine's users can enter.
    std::array<char*, 1> environment{nullptr};
    syscall(SYS_execveat, prepared.program.get(), "", prepared.words.data(), environment.data(),
            AT_EMPTY_PATH);
    _exit(127);
}

// One that cannot be waited for is none: it would be a zombie in the end, and nobody would know.
Result<Child> watched(pid_t pid, const std::string& program)
{
    sys::Descriptor end(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
    if (end) return Child{.pid = pid, .end = std::move(end)};
    const int error = errno;
    kill(pid, SIGKILL);
    while (waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
    }
    return fail_errno(error, fmt::format("watching {}", program));
}

} // namespace

Result<Child> launch(const Launch& launch)
{
    const auto folder = folder_of(launch);
    if (!folder) return pass(folder);
    Prepared prepared;
    prepared.program.reset(openat(folder->get(), launch.program.c_str(), O_PATH | O_CLOEXEC));
    if (!prepared.program) return fail_errno(errno, fmt::format("starting {}", launch.program));
    prepared.nothing = out_of_the_way(sys::Descriptor(open("/dev/null", O_RDWR | O_CLOEXEC)).get());
    prepared.wire = out_of_the_way(launch.wire);
    prepared.lock = out_of_the_way(launch.lock);
    prepared.configuration = out_of_the_way(launch.configuration);
    prepared.errors = out_of_the_way(launch.errors);
    if (!is_complete(prepared, launch)) return fail_errno(errno, fmt::format("starting {}", launch.program));
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
    return watched(pid, launch.program);
}

std::optional<Executable> executable_of(const Launch& launch)
{
    const auto folder = folder_of(launch);
    struct stat status{};
    if (!folder || fstatat(folder->get(), launch.program.c_str(), &status, 0) != 0) return std::nullopt;
    return Executable{.device = status.st_dev, .inode = status.st_ino};
}

} // namespace metka::metkad
