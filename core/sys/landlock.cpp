#include "core/sys/landlock.h"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/sys/descriptor.h"

namespace metka::sys {

namespace {

// linux/landlock.h as of ABI 6; the kernel takes a shorter structure from older callers.
struct Ruleset {
    std::uint64_t handled_files = 0;
    std::uint64_t handled_network = 0;
    std::uint64_t scoped = 0;
};
struct [[gnu::packed]] BeneathRule {
    std::uint64_t allowed = 0;
    std::int32_t parent = -1;
};
struct PortRule {
    std::uint64_t allowed = 0;
    std::uint64_t port = 0;
};
constexpr int rule_beneath = 1;
constexpr int rule_port = 2;
constexpr unsigned ask_version = 1;

constexpr std::uint64_t bit(unsigned n)
{
    return std::uint64_t{1} << n;
}

constexpr auto execute = bit(0), write_file = bit(1), read_file = bit(2), read_folder = bit(3);
constexpr auto refer = bit(13), truncate_file = bit(14), device_ioctl = bit(15);
constexpr std::uint64_t up_to_make_symlink = bit(13) - 1; // ABI 1: bits 0–12
constexpr std::uint64_t modify = write_file | bit(4) | bit(5) | bit(7) | bit(8) | refer | truncate_file;
//                               remove folder, remove file, make folder, make regular file
constexpr std::uint64_t make_symlink = bit(12), remove_entries = bit(4) | bit(5);
constexpr std::uint64_t bind_tcp = bit(0), connect_tcp = bit(1);
constexpr std::uint64_t abstract_sockets = bit(0), signals = bit(1);

constexpr std::array<std::uint64_t, 4> beyond_reading{0, modify, make_symlink, remove_entries}; // by Reach

struct Step {
    long version;
    std::string_view gives;
};
constexpr std::array<Step, 5> steps{{
    {2, "linking between folders (Landlock 2)"},
    {3, "truncating files (Landlock 3)"},
    {4, "TCP bind and connect (Landlock 4)"},
    {5, "device ioctls (Landlock 5)"},
    {6, "signals and abstract sockets (Landlock 6)"},
}};

std::uint64_t files_known_to(long version)
{
    auto known = up_to_make_symlink;
    if (version >= 2) known |= refer;
    if (version >= 3) known |= truncate_file;
    if (version >= 5) known |= device_ioctl;
    return known;
}

Result<void> allow(int ruleset, const Place& place, std::uint64_t known)
{
    const Descriptor folder(open(place.folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!folder) return fail_errno(errno, fmt::format("confining to {}", place.folder));
    const auto allowed = read_file | read_folder | beyond_reading[static_cast<std::size_t>(place.reach)];
    const BeneathRule rule{.allowed = allowed & known, .parent = folder.get()};
    if (syscall(SYS_landlock_add_rule, ruleset, rule_beneath, &rule, 0) != 0)
        return fail_errno(errno, fmt::format("confining to {}", place.folder));
    return {};
}

Result<void> allow_connecting(int ruleset, std::uint16_t port)
{
    const PortRule rule{.allowed = connect_tcp, .port = port};
    if (syscall(SYS_landlock_add_rule, ruleset, rule_port, &rule, 0) != 0)
        return fail_errno(errno, fmt::format("confining to port {}", port));
    return {};
}

} // namespace

Result<std::vector<std::string>> landlock(const std::vector<Place>& places,
                                          const std::vector<std::uint16_t>& ports)
{
    static_assert(execute != 0); // never allowed anywhere: no program of ours starts another
    const long version = syscall(SYS_landlock_create_ruleset, nullptr, 0, ask_version);
    if (version < 1) return std::vector<std::string>{"the file system (no Landlock in this kernel)"};

    const auto known = files_known_to(version);
    Ruleset rules{.handled_files = known};
    if (version >= 4) rules.handled_network = bind_tcp | connect_tcp;
    if (version >= 6) rules.scoped = abstract_sockets | signals;
    const auto size = version >= 6   ? sizeof rules
                      : version >= 4 ? sizeof(std::uint64_t) * 2
                                     : sizeof(std::uint64_t);

    const Descriptor ruleset(static_cast<int>(syscall(SYS_landlock_create_ruleset, &rules, size, 0)));
    if (!ruleset) return fail_errno(errno, "making a Landlock ruleset");
    for (const auto& place : places) {
        const auto allowed = allow(ruleset.get(), place, known);
        if (!allowed) return pass(allowed);
    }
    for (const auto port : ports) {
        if (version < 4) break; // reported below
        const auto allowed = allow_connecting(ruleset.get(), port);
        if (!allowed) return pass(allowed);
    }
    if (syscall(SYS_landlock_restrict_self, ruleset.get(), 0) != 0)
        return fail_errno(errno, "entering Landlock");

    std::vector<std::string> missing;
    for (const auto& step : steps)
        if (version < step.version) missing.emplace_back(step.gives);
    return missing;
}

} // namespace metka::sys
