#include "core/sys/child.h"

#include <array>
#include <cerrno>
#include <climits>
#include <csignal>
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/sys/descriptor.h"

namespace metka::sys {

namespace {

// The two descriptions that posix_spawn(3) takes, freed together.
struct Circumstances {
    explicit Circumstances(int input) // -1: none
    {
        posix_spawn_file_actions_init(&files);
        posix_spawnattr_init(&attributes);
        if (input < 0)
            posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
        else
            posix_spawn_file_actions_adddup2(&files, input, STDIN_FILENO);
        posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
        posix_spawn_file_actions_addopen(&files, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
        sigset_t none;
        sigset_t all;
        sigemptyset(&none);
        sigfillset(&all);
        posix_spawnattr_setsigmask(&attributes, &none);
        posix_spawnattr_setsigdefault(&attributes, &all);
        posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    }
    Circumstances(const Circumstances&) = delete;
    Circumstances& operator=(const Circumstances&) = delete;
    ~Circumstances()
    {
        posix_spawn_file_actions_destroy(&files);
        posix_spawnattr_destroy(&attributes);
    }

    posix_spawn_file_actions_t files{};
    posix_spawnattr_t attributes{};
};

Result<int> run_with(const std::string& path, const std::vector<std::string>& arguments, int input)
{
    std::vector<std::string> words{path};
    words.insert(words.end(), arguments.begin(), arguments.end());
    std::vector<char*> vector;
    vector.reserve(words.size() + 1);
    for (auto& word : words)
        vector.push_back(word.data());
    vector.push_back(nullptr);
    char* no_environment[] = {nullptr};

    const Circumstances circumstances(input);
    pid_t child = 0;
    const int failed = posix_spawn(&child, path.c_str(), &circumstances.files, &circumstances.attributes,
                                   vector.data(), no_environment);
    if (failed != 0) return fail_errno(failed, "starting " + path);
    int status = 0;
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR) return fail_errno(errno, "waiting for " + path);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

} // namespace

Result<int> run(const std::string& path, const std::vector<std::string>& arguments)
{
    return run_with(path, arguments, -1);
}

Result<int> run(const std::string& path, const std::vector<std::string>& arguments, const Secret& input)
{
    const auto bytes = input.reveal();
    if (bytes.size() > PIPE_BUF) // a pipe takes so much at once, whether it is read or not
        return fail(Fault::invalid, "the input for {} has more than {} bytes", path, PIPE_BUF);
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0) return fail_errno(errno, "making a pipe");
    const Descriptor out(ends[0]);
    Descriptor in(ends[1]);
    if (write(in.get(), bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size()))
        return fail_errno(errno, "writing the input for " + path);
    in.reset(); // it meets the end of its input after this
    return run_with(path, arguments, out.get());
}

} // namespace metka::sys
