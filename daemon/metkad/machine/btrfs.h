#pragma once
// btrfs(5) by its ioctls, as far as fences need it: subvolumes, qgroups, and what its trees say of them. A
// qgroup is level/number in one 64-bit number: 0/N counts subvolume N, 1/N is one of ours. The kernel's
// descriptor of any folder of the file system will do as `at`.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "daemon/metkad/machine/fences_kernel.h"

namespace metka::metkad::btrfs {

using Group = std::uint64_t;
using FileSystemId = std::array<std::uint8_t, 16>;

constexpr Group group_over(std::uint64_t subvolume)
{
    return (std::uint64_t{1} << 48) | (subvolume & ((std::uint64_t{1} << 48) - 1));
}

Result<FileSystemId> file_system_of(const Kernel& kernel, int at); // io: not btrfs
// The number of the subvolume whose topmost folder this is; none: an ordinary folder.
Result<std::optional<std::uint64_t>> subvolume_at(const Kernel& kernel, int folder);
Result<void> make_subvolume(const Kernel& kernel, int parent,
                            const std::string& name); // conflict: there is something

Result<void> turn_quotas_on(const Kernel& kernel, int at); // safe to repeat, as are the next three
Result<void> make_group(const Kernel& kernel, int at, Group group);
Result<void> put_into(const Kernel& kernel, int at, std::uint64_t subvolume, Group group);
Result<void> remove_group(const Kernel& kernel, int at, Group group, const std::vector<Group>& members);
Result<void> limit(const Kernel& kernel, int at, Group group, std::optional<std::uint64_t> bytes);

struct GroupState {
    std::uint64_t used = 0;
    std::optional<std::uint64_t> limit;
    std::vector<Group> members;
};
// As of the last commit of the file system, which is forced first. none: no such group.
Result<std::optional<GroupState>> state_of(const Kernel& kernel, int at, Group group);
Result<bool> are_counts_right(const Kernel& kernel, int at); // false: quotas are off, or a rescan is due

// The names of subvolumes that lie directly below this one.
Result<std::vector<std::string>> nested_in(const Kernel& kernel, int at, std::uint64_t subvolume);

} // namespace metka::metkad::btrfs
