#include "core/sys/seccomp.h"

#include <cerrno>
#include <memory>
#include <span>

#include <fcntl.h>
#include <linux/fs.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

namespace metka::sys {

namespace {

using Call = const char*;

constexpr Call for_all[] = {
    // memory and threads as glibc uses them; mmap and mprotect stand below, without PROT_EXEC
    "munmap", "mremap", "madvise", "brk", "futex", "rseq", "set_robust_list", "sched_yield",
    "sched_getaffinity", "getcpu", "membarrier",
    // time, signals to ourselves, who we are
    "clock_gettime", "clock_nanosleep", "nanosleep", "gettimeofday", "rt_sigaction", "rt_sigprocmask",
    "rt_sigreturn", "sigaltstack", "restart_syscall", "getpid", "gettid", "getuid", "geteuid", "getgid",
    "getegid", "uname", "getrandom", "sysinfo", "getrusage", "exit", "exit_group",
    // what is open already
    "read", "write", "readv", "writev", "pread64", "pwrite64", "close", "fstat", "lseek", "dup", "dup2",
    "dup3", "fcntl", "fsync", "fdatasync", "ftruncate", "fallocate", "flock", "fadvise64",
    // waiting
    "epoll_create1", "epoll_ctl", "epoll_wait", "epoll_pwait", "poll", "ppoll", "eventfd2", "timerfd_create",
    "timerfd_settime",
    // sockets that are open already
    "recvmsg", "recvfrom", "getsockopt", "setsockopt", "getsockname", "getpeername", "shutdown",
    // opening and looking: where, Landlock says
    "openat", "openat2", "newfstatat", "stat", "lstat", "statx", "access", "faccessat", "faccessat2",
    "getdents64", "readlink", "readlinkat", "getcwd"};

constexpr Call for_accepting[] = {"accept4"};

// A port of its own is bound for each question, so that answers cannot be guessed; a pipe is what libevent
// makes.
constexpr Call for_asking[] = {"connect", "bind", "pipe2"};

constexpr Call for_keeping[] = {"linkat",    "renameat2", "renameat", "rename",          "unlinkat",
                                "unlink",    "mkdirat",   "fchmod",   "sync_file_range", "copy_file_range",
                                "utimensat", "syncfs",    "fstatfs"};

constexpr Call for_naming[] = {"symlinkat"};

constexpr Call for_emptying[] = {"unlinkat", "fchmodat", "fchmodat2"};

constexpr std::uint64_t socket_type = 0xF; // socketpair's second argument without its flags

struct ClientSocket {
    int family;
    int type;
};
constexpr ClientSocket client_sockets[] = {
    {AF_INET, SOCK_DGRAM}, {AF_INET, SOCK_STREAM}, {AF_INET6, SOCK_DGRAM}, {AF_INET6, SOCK_STREAM}};

constexpr std::uint64_t harmless_ioctls[] = {FIONREAD, FIONBIO, FIOCLEX, FICLONE};

scmp_arg_cmp equal(unsigned argument, std::uint64_t value)
{
    return {.arg = argument, .op = SCMP_CMP_EQ, .datum_a = value, .datum_b = 0};
}

scmp_arg_cmp masked_equal(unsigned argument, std::uint64_t mask, std::uint64_t value)
{
    return {.arg = argument, .op = SCMP_CMP_MASKED_EQ, .datum_a = mask, .datum_b = value};
}

struct Freed {
    void operator()(void* context) const { seccomp_release(context); }
};
using Filter = std::unique_ptr<void, Freed>;

class Builder {
  public:
    Builder() : filter_(seccomp_init(SCMP_ACT_ERRNO(EPERM))) {}

    void allow(std::span<const Call> calls)
    {
        for (const auto* const call : calls)
            allow_when(call, {});
    }

    void allow_when(Call call, std::initializer_list<scmp_arg_cmp> conditions)
    {
        const int number = seccomp_syscall_resolve_name(call);
        if (number == __NR_SCMP_ERROR) return; // this architecture does not have it
        note(call, seccomp_rule_add_array(filter_.get(), SCMP_ACT_ALLOW, number,
                                          static_cast<unsigned>(conditions.size()), conditions.begin()));
    }

    // glibc tries clone3 first and falls back to clone, whose flags a filter can read, if it is not there.
    void hide(Call call) { refuse_when(call, ENOSYS, {}); }

    void refuse_when(Call call, unsigned error, std::initializer_list<scmp_arg_cmp> conditions)
    {
        const int number = seccomp_syscall_resolve_name(call);
        note(call, seccomp_rule_add_array(filter_.get(), SCMP_ACT_ERRNO(error), number,
                                          static_cast<unsigned>(conditions.size()), conditions.begin()));
    }

    Result<void> enter()
    {
        if (!failed_.empty())
            return fail(Fault::internal, "the system call filter could not be built: {}", failed_);
        const int status = seccomp_load(filter_.get());
        if (status != 0) return fail_errno(-status, "entering seccomp");
        return {};
    }

  private:
    void note(Call call, int status)
    {
        if (status != 0) failed_ = call;
    }
    Filter filter_;
    std::string failed_;
};

void allow_asking(Builder& filter)
{
    filter.allow(for_asking);
    // libunbound takes this word, and no other, for a reason to use connect(2), which Landlock sees.
    filter.refuse_when("sendmsg", EOPNOTSUPP, {masked_equal(2, MSG_FASTOPEN, MSG_FASTOPEN)});
    for (const auto& each : client_sockets)
        filter.allow_when("socket", {equal(0, static_cast<std::uint64_t>(each.family)),
                                     masked_equal(1, socket_type, static_cast<std::uint64_t>(each.type))});
}

} // namespace

Result<void> seccomp(Sockets sockets, Threads threads, Folders folders)
{
    Builder filter;
    filter.allow(for_all);
    for (const auto* const call : {"mmap", "mprotect"})
        filter.allow_when(call, {masked_equal(2, PROT_EXEC, 0)});
    for (const auto request : harmless_ioctls)
        filter.allow_when("ioctl", {equal(1, request)});
    // A socket of datagrams could be sent from to any other; wires are all we make.
    if (sockets != Sockets::answering)
        filter.allow_when("socketpair", {equal(0, AF_UNIX), masked_equal(1, socket_type, SOCK_SEQPACKET)});
    // A listener that was shut down, and a first packet with data, would be a connection made without
    // connect(2).
    filter.allow_when("sendmsg", {masked_equal(2, MSG_FASTOPEN, 0)});
    filter.allow_when("sendto", {masked_equal(3, MSG_FASTOPEN, 0)});
    filter.allow_when("tgkill", {equal(0, static_cast<std::uint64_t>(getpid()))});
    filter.allow_when("prlimit64", {equal(2, 0)}); // asking, not setting
    filter.hide("clone3");
    if (threads == Threads::many) filter.allow_when("clone", {masked_equal(0, CLONE_THREAD, CLONE_THREAD)});
    if (sockets == Sockets::accepting) filter.allow(for_accepting);
    if (sockets == Sockets::asking) allow_asking(filter);
    if (folders == Folders::keeping) filter.allow(for_keeping);
    if (folders == Folders::naming) filter.allow(for_naming);
    if (folders == Folders::emptying) filter.allow(for_emptying);
    return filter.enter();
}

} // namespace metka::sys
