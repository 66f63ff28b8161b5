#include "tests/unit/sys/deeds.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <pthread.h>

#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "core/sys/frame.h"

namespace metka::sys {

namespace {

bool opens(const std::string& path, int flags)
{
    return static_cast<bool>(Descriptor(open(path.c_str(), flags | O_CLOEXEC, 0600)));
}

bool makes(int domain, int type)
{
    return static_cast<bool>(Descriptor(socket(domain, type | SOCK_CLOEXEC, 0)));
}

// A process that was made all the same ends at once, and is waited for.
bool made_process(long child)
{
    if (child == 0) _exit(0);
    if (child > 0) waitpid(static_cast<pid_t>(child), nullptr, 0);
    return child > 0;
}

std::string by_descriptor(int fd)
{
    return "/proc/self/fd/" + std::to_string(fd);
}

const sockaddr* generic(const sockaddr_in& address)
{
    return reinterpret_cast<const sockaddr*>(&address);
}

bool is_done(long result)
{
    return result >= 0;
}

void* do_nothing(void* /*unused*/)
{
    return nullptr;
}

bool starts_thread()
{
    pthread_t thread{};
    const int failed = pthread_create(&thread, nullptr, do_nothing, nullptr);
    if (failed == 0) pthread_join(thread, nullptr);
    errno = failed == EAGAIN ? EPERM : failed; // glibc's word for a clone that was refused
    return failed == 0;
}

bool maps_executable()
{
    auto* const page = mmap(nullptr, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return page != MAP_FAILED;
}

bool makes_page_executable(int call)
{
    auto* const page = mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return page != MAP_FAILED && is_done(syscall(call, page, 4096, PROT_READ | PROT_EXEC, -1));
}

bool connects_by_first_packet(const Held& held)
{
    const int listener = held.shut_listener.get();
    shutdown(listener, SHUT_RDWR);
    return is_done(sendto(listener, "x", 1, MSG_FASTOPEN | MSG_DONTWAIT | MSG_NOSIGNAL, generic(held.address),
                          sizeof held.address));
}

bool connects_by_message(const Held& held)
{
    auto address = held.address;
    char byte = 'x';
    iovec part{.iov_base = &byte, .iov_len = 1};
    msghdr message{};
    message.msg_name = &address;
    message.msg_namelen = sizeof address;
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    return is_done(sendmsg(held.socket.get(), &message, MSG_FASTOPEN | MSG_DONTWAIT | MSG_NOSIGNAL));
}

bool keeps_capabilities()
{
    __user_cap_header_struct head{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
    const std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> all{
        {{~0U, ~0U, ~0U}, {~0U, ~0U, ~0U}}};
    return is_done(syscall(SYS_capset, &head, all.data()));
}

bool raises_its_limit()
{
    const rlimit more{.rlim_cur = 4096, .rlim_max = 4096};
    return setrlimit(RLIMIT_NOFILE, &more) == 0;
}

bool runs(const Held& held, bool by_path)
{
    char name[] = "true";
    char* const words[] = {name, nullptr};
    char* const no_environment[] = {nullptr};
    return by_path ? is_done(execve("/bin/true", words, no_environment))
                   : is_done(fexecve(held.program.get(), words, no_environment));
}

const std::vector<Deed>& about_files()
{
    static const std::vector<Deed> table{
        {"open /etc/passwd", by_auth, [](auto&, auto&) { return opens("/etc/passwd", O_RDONLY); }},
        {"list /", by_nobody, [](auto&, auto&) { return opens("/", O_RDONLY | O_DIRECTORY); }},
        {"list the state folder", by_nobody,
         [](auto& s, auto&) { return opens(s.path("."), O_RDONLY | O_DIRECTORY); }},
        {"read metka.yaml", by_nobody, [](auto& s, auto&) { return opens(s.path("metka.yaml"), O_RDONLY); }},
        {"read the queue", by_nobody,
         [](auto& s, auto&) { return opens(s.path("queue/message"), O_RDONLY); }},
        {"read a secret", by_auth,
         [](auto& s, auto&) { return opens(s.path("secrets/secrets.db"), O_RDONLY); }},
        {"write a secret", by_auth,
         [](auto& s, auto&) { return opens(s.path("secrets/secrets.db"), O_RDWR); }},
        {"read whom notices went to", by_store,
         [](auto& s, auto&) { return opens(s.path("store/memory.db"), O_RDONLY); }},
        {"write whom notices went to", by_store,
         [](auto& s, auto&) { return opens(s.path("store/memory.db"), O_RDWR); }},
        {"read the directory", by_store | by_smtp | by_auth,
         [](auto& s, auto&) { return opens(s.database(), O_RDONLY); }},
        {"write the directory", by_nobody, [](auto& s, auto&) { return opens(s.database(), O_RDWR); }},
        {"make a file in the directory", by_nobody,
         [](auto& s, auto&) { return opens(s.path("directory/new"), O_WRONLY | O_CREAT); }},
        {"list mail", by_store | by_errands,
         [](auto& s, auto&) { return opens(s.path("mail"), O_RDONLY | O_DIRECTORY); }},
        {"open a message", by_store | by_errands,
         [](auto& s, auto&) { return opens(s.path("mail/read"), O_RDONLY); }},
        {"overwrite a message", by_store,
         [](auto& s, auto&) { return opens(s.path("mail/overwrite"), O_WRONLY); }},
        {"empty a message", by_store,
         [](auto& s, auto&) { return opens(s.path("mail/truncate"), O_WRONLY | O_TRUNC); }},
        {"truncate a message by name", by_nobody,
         [](auto& s, auto&) { return is_done(truncate(s.path("mail/truncate").c_str(), 0)); }},
        {"make a message", by_store,
         [](auto& s, auto&) { return opens(s.path("mail/new"), O_WRONLY | O_CREAT | O_EXCL); }},
        {"make a message without a name", by_store,
         [](auto& s, auto&) { return opens(s.path("mail"), O_WRONLY | O_TMPFILE); }},
        {"link a message", by_store,
         [](auto& s, auto&) {
             return is_done(
                 linkat(AT_FDCWD, s.path("mail/link").c_str(), AT_FDCWD, s.path("mail/linked").c_str(), 0));
         }},
        {"rename a message", by_store,
         [](auto& s, auto&) {
             return is_done(
                 renameat(AT_FDCWD, s.path("mail/rename").c_str(), AT_FDCWD, s.path("mail/renamed").c_str()));
         }},
        {"unlink a message", by_store | by_clear,
         [](auto& s, auto&) { return is_done(unlinkat(AT_FDCWD, s.path("mail/unlink").c_str(), 0)); }},
        {"carry a message out of the mail folder", by_nobody,
         [](auto& s, auto&) {
             return is_done(renameat(AT_FDCWD, s.path("mail/read").c_str(), AT_FDCWD,
                                     s.path("directory/message").c_str()));
         }},
        {"make a folder in mail", by_store,
         [](auto& s, auto&) { return is_done(mkdirat(AT_FDCWD, s.path("mail/folder").c_str(), 0700)); }},
        {"remove a folder", by_store | by_clear,
         [](auto& s, auto&) {
             return is_done(unlinkat(AT_FDCWD, s.path("mail/gone").c_str(), AT_REMOVEDIR));
         }},
        {"make a symbolic link", by_link,
         [](auto& s, auto&) {
             return is_done(symlinkat("/etc/passwd", AT_FDCWD, s.path("mail/symbolic").c_str()));
         }},
        {"make a FIFO", by_nobody,
         [](auto& s, auto&) {
             return is_done(mknodat(AT_FDCWD, s.path("mail/fifo").c_str(), S_IFIFO | 0600, 0));
         }},
        {"write a handed message by its descriptor's name", by_store,
         [](auto&, auto& h) { return opens(by_descriptor(h.mail.get()), O_WRONLY); }},
        {"read what the handed program's name leads to", by_nobody,
         [](auto&, auto& h) { return opens(by_descriptor(h.program.get()), O_RDONLY); }},
        {"reach / through /proc/self/root", by_nobody,
         [](auto&, auto&) { return opens("/proc/self/root/bin/true", O_RDONLY); }},
        {"reach / through /proc/1/root", by_nobody,
         [](auto&, auto&) { return opens("/proc/1/root/bin/true", O_RDONLY); }},
        {"read another's memory", by_nobody,
         [](auto&, auto& h) { return opens("/proc/" + std::to_string(h.stranger) + "/mem", O_RDONLY); }},
        {"open a file by its handle", by_nobody,
         [](auto&, auto&) { return is_done(syscall(SYS_open_by_handle_at, AT_FDCWD, nullptr, O_RDONLY)); }},
        {"chmod", by_nobody,
         [](auto& s, auto&) { return is_done(chmod(s.path("mail/mode").c_str(), 0600)); }},
        {"chmod a file of its own", by_clear,
         [](auto& s, auto&) { return is_done(fchmodat(AT_FDCWD, s.path("mail/own").c_str(), 0600, 0)); }},
        {"chown", by_nobody,
         [](auto& s, auto&) { return is_done(chown(s.path("mail/mode").c_str(), getuid(), getgid())); }},
        {"chown by descriptor", by_nobody,
         [](auto&, auto& h) { return is_done(fchown(h.mail.get(), getuid(), getgid())); }},
        {"set an attribute", by_nobody,
         [](auto&, auto& h) { return is_done(fsetxattr(h.mail.get(), "user.x", "x", 1, 0)); }},
        {"change its root", by_nobody,
         [](auto& s, auto&) { return is_done(chroot(s.path("mail").c_str())); }},
        {"change its folder", by_nobody,
         [](auto& s, auto&) { return is_done(chdir(s.path("mail").c_str())); }},
    };
    return table;
}

const std::vector<Deed>& about_sockets()
{
    static const std::vector<Deed> table{
        {"make a TCP socket", by_nobody, [](auto&, auto&) { return makes(AF_INET, SOCK_STREAM); }},
        {"make a TCP socket of IPv6", by_nobody, [](auto&, auto&) { return makes(AF_INET6, SOCK_STREAM); }},
        {"make a UDP socket", by_nobody, [](auto&, auto&) { return makes(AF_INET, SOCK_DGRAM); }},
        {"make a Unix socket", by_nobody, [](auto&, auto&) { return makes(AF_UNIX, SOCK_STREAM); }},
        {"make a Unix socket of datagrams", by_nobody,
         [](auto&, auto&) { return makes(AF_UNIX, SOCK_DGRAM); }},
        {"make a pair of datagram sockets", by_nobody,
         [](auto&, auto&) {
             std::array<int, 2> ends{};
             return is_done(socketpair(AF_UNIX, SOCK_DGRAM, 0, ends.data()));
         }},
        {"make a netlink socket", by_nobody, [](auto&, auto&) { return makes(AF_NETLINK, SOCK_RAW); }},
        {"connect a socket", by_nobody,
         [](auto&, auto& h) {
             return is_done(connect(h.socket.get(), generic(h.address), sizeof h.address));
         }},
        {"connect by a first packet from a listener that was shut down", by_nobody,
         [](auto&, auto& h) { return connects_by_first_packet(h); }},
        {"connect by a message with data", by_nobody, [](auto&, auto& h) { return connects_by_message(h); }},
        {"bind a socket", by_nobody,
         [](auto&, auto& h) {
             sockaddr_in any{};
             any.sin_family = AF_INET;
             return is_done(bind(h.socket.get(), generic(any), sizeof any));
         }},
        {"listen", by_nobody, [](auto&, auto& h) { return is_done(listen(h.socket.get(), 1)); }},
        {"accept a connection", by_smtp | by_access,
         [](auto&, auto& h) {
             return static_cast<bool>(Descriptor(accept4(h.listener.get(), nullptr, nullptr, 0)));
         }},
        {"make a wire", by_programs, [](auto&, auto&) { return make_wire().has_value(); }},
    };
    return table;
}

const std::vector<Deed>& about_processes()
{
    static const std::vector<Deed> table{
        {"run a program", by_nobody, [](auto&, auto& h) { return runs(h, true); }},
        {"run a program by descriptor", by_nobody, [](auto&, auto& h) { return runs(h, false); }},
        {"fork", by_nobody, [](auto&, auto&) { return made_process(fork()); }},
        {"fork by system call", by_nobody,
         [](auto&, auto&) { return made_process(syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0)); }},
        {"fork by clone3", by_nobody,
         [](auto&, auto&) { return made_process(syscall(SYS_clone3, nullptr, 0)); }},
        {"start a thread", by_store | by_auth, [](auto&, auto&) { return starts_thread(); }},
        {"kill another process", by_nobody, [](auto&, auto& h) { return is_done(kill(h.stranger, 0)); }},
        {"signal another's thread", by_nobody,
         [](auto&, auto& h) { return is_done(syscall(SYS_tgkill, h.stranger, h.stranger, 0)); }},
        {"signal its own thread", by_all,
         [](auto&, auto&) { return is_done(syscall(SYS_tgkill, getpid(), gettid(), 0)); }},
        {"hold another process", by_nobody,
         [](auto&, auto& h) { return is_done(syscall(SYS_pidfd_open, h.stranger, 0)); }},
        {"trace another process", by_nobody,
         [](auto&, auto& h) { return is_done(ptrace(PTRACE_ATTACH, h.stranger, nullptr, nullptr)); }},
        {"be traced", by_nobody,
         [](auto&, auto&) { return is_done(ptrace(PTRACE_TRACEME, 0, nullptr, nullptr)); }},
        {"read another's memory by system call", by_nobody,
         [](auto&, auto& h) {
             return is_done(syscall(SYS_process_vm_readv, h.stranger, nullptr, 0, nullptr, 0, 0));
         }},
        {"become root", by_nobody, [](auto&, auto&) { return is_done(setuid(0)); }},
        {"become root with all three ids", by_nobody,
         [](auto&, auto&) { return is_done(setresuid(0, 0, 0)); }},
        {"take root's group", by_nobody, [](auto&, auto&) { return is_done(setgid(0)); }},
        {"take other groups", by_nobody,
         [](auto&, auto&) {
             const gid_t root = 0;
             return is_done(setgroups(1, &root));
         }},
        {"take capabilities", by_nobody, [](auto&, auto&) { return keeps_capabilities(); }},
        {"make itself readable to others", by_nobody,
         [](auto&, auto&) { return is_done(prctl(PR_SET_DUMPABLE, 1)); }},
        {"raise a limit", by_nobody, [](auto&, auto&) { return raises_its_limit(); }},
    };
    return table;
}

const std::vector<Deed>& about_kernel()
{
    static const std::vector<Deed> table{
        {"map executable memory", by_nobody, [](auto&, auto&) { return maps_executable(); }},
        {"make memory executable", by_nobody,
         [](auto&, auto&) { return makes_page_executable(SYS_mprotect); }},
        {"make memory executable with a key", by_nobody,
         [](auto&, auto&) { return makes_page_executable(SYS_pkey_mprotect); }},
        {"make all memory executable", by_nobody,
         [](auto&, auto&) { return is_done(personality(READ_IMPLIES_EXEC)); }},
        {"make a file in memory", by_nobody,
         [](auto&, auto&) { return is_done(memfd_create("x", MFD_CLOEXEC)); }},
        {"mount", by_nobody,
         [](auto&, auto&) { return is_done(mount("none", "/mnt", "tmpfs", 0, nullptr)); }},
        {"unmount", by_nobody, [](auto&, auto&) { return is_done(umount2("/proc", MNT_DETACH)); }},
        {"open a tree of mounts", by_nobody,
         [](auto&, auto&) { return is_done(syscall(SYS_open_tree, AT_FDCWD, "/", 0)); }},
        {"have a user namespace", by_nobody, [](auto&, auto&) { return is_done(unshare(CLONE_NEWUSER)); }},
        {"enter another namespace", by_nobody,
         [](auto&, auto& h) { return is_done(setns(h.mail.get(), 0)); }},
        {"set up io_uring", by_nobody,
         [](auto&, auto&) { return is_done(syscall(SYS_io_uring_setup, 1, nullptr)); }},
        {"load BPF", by_nobody, [](auto&, auto&) { return is_done(syscall(SYS_bpf, 0, nullptr, 0)); }},
        {"watch performance", by_nobody,
         [](auto&, auto&) { return is_done(syscall(SYS_perf_event_open, nullptr, 0, -1, -1, 0)); }},
        {"handle page faults", by_nobody, [](auto&, auto&) { return is_done(syscall(SYS_userfaultfd, 0)); }},
        {"use the kernel's key ring", by_nobody,
         [](auto&, auto&) { return is_done(syscall(SYS_keyctl, 0, 0, 0)); }},
        {"load a module", by_nobody,
         [](auto&, auto&) { return is_done(syscall(SYS_init_module, nullptr, 0, "")); }},
        {"type into a terminal", by_nobody, [](auto&, auto&) { return is_done(ioctl(0, TIOCSTI, "x")); }},
        {"set the clock", by_nobody,
         [](auto&, auto&) { return is_done(syscall(SYS_clock_settime, 0, nullptr)); }},
    };
    return table;
}

} // namespace

const std::vector<Deed>& deeds()
{
    static const std::vector<Deed> all = [] {
        std::vector<Deed> table;
        for (const auto* const part : {&about_files(), &about_sockets(), &about_processes(), &about_kernel()})
            table.insert(table.end(), part->begin(), part->end());
        return table;
    }();
    return all;
}

} // namespace metka::sys
