#include "daemon/metkad/machine/btrfs.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <limits>
#include <linux/btrfs.h>
#include <linux/btrfs_tree.h>
#include <sys/stat.h>

namespace metka::metkad::btrfs {

namespace {

constexpr auto top_inode = std::uint64_t{BTRFS_FIRST_FREE_OBJECTID}; // of every subvolume's topmost folder
constexpr auto most = std::numeric_limits<std::uint64_t>::max();

struct Key {
    std::uint64_t object = 0;
    std::uint32_t type = 0;
    std::uint64_t offset = 0;
};

struct Item {
    Key key;
    std::string body;
};

struct Range {
    std::uint64_t tree = 0;
    Key first;
    Key last;
};

Result<void> tell(const Kernel& kernel, int at, unsigned long request, void* argument, const char* doing)
{
    if (kernel.control(at, request, argument) < 0) return fail_errno(errno, doing);
    return {};
}

void take_items(const btrfs_ioctl_search_args& search, std::vector<Item>& into)
{
    std::size_t at = 0;
    for (std::uint32_t i = 0; i < search.key.nr_items; ++i) {
        btrfs_ioctl_search_header header{};
        if (at + sizeof header > sizeof search.buf) return;
        std::memcpy(&header, search.buf + at, sizeof header);
        at += sizeof header;
        if (header.len > sizeof search.buf - at) return;
        into.push_back({.key = {header.objectid, header.type, header.offset},
                        .body = std::string(search.buf + at, header.len)});
        at += header.len;
    }
}

// The kernel takes the range as one line of keys, so that items of other types may lie in it: callers look.
Result<std::vector<Item>> items_in(const Kernel& kernel, int at, const Range& range)
{
    constexpr std::size_t enough = 10'000;
    std::vector<Item> items;
    Key next = range.first;
    while (items.size() < enough) {
        btrfs_ioctl_search_args search{};
        search.key.tree_id = range.tree;
        search.key.min_objectid = next.object;
        search.key.min_type = next.type;
        search.key.min_offset = next.offset;
        search.key.max_objectid = range.last.object;
        search.key.max_type = range.last.type;
        search.key.max_offset = range.last.offset;
        search.key.max_transid = most;
        search.key.nr_items = 256;
        if (kernel.control(at, BTRFS_IOC_TREE_SEARCH, &search) < 0) {
            if (errno == ENOENT) return items; // no such tree: quotas are off
            return fail_errno(errno, "looking into a tree of btrfs");
        }
        if (search.key.nr_items == 0) return items;
        take_items(search, items);
        if (items.empty() || items.back().key.offset == most) return items;
        next = items.back().key;
        ++next.offset;
    }
    return items;
}

template <class Layout>
std::optional<Layout> as(const Item& item)
{
    if (item.body.size() < sizeof(Layout)) return std::nullopt;
    Layout layout{};
    std::memcpy(&layout, item.body.data(), sizeof layout);
    return layout;
}

Result<std::vector<Item>> quota_items(const Kernel& kernel, int at, const Key& key)
{
    return items_in(kernel, at, {.tree = BTRFS_QUOTA_TREE_OBJECTID, .first = key, .last = key});
}

Result<std::vector<Group>> members_of(const Kernel& kernel, int at, Group group)
{
    const auto found = items_in(kernel, at,
                                {.tree = BTRFS_QUOTA_TREE_OBJECTID,
                                 .first = {group, BTRFS_QGROUP_RELATION_KEY, 0},
                                 .last = {group, BTRFS_QGROUP_RELATION_KEY, most}});
    if (!found) return pass(found);
    std::vector<Group> members;
    for (const auto& item : *found)
        if (item.key.type == BTRFS_QGROUP_RELATION_KEY && item.key.offset < group)
            members.push_back(item.key.offset);
    return members;
}

} // namespace

Result<FileSystemId> file_system_of(const Kernel& kernel, int at)
{
    btrfs_ioctl_fs_info_args told{};
    const auto asked = tell(kernel, at, BTRFS_IOC_FS_INFO, &told, "asking which btrfs a folder is on");
    if (!asked) return pass(asked);
    return std::to_array(told.fsid);
}

Result<std::optional<std::uint64_t>> subvolume_at(const Kernel& kernel, int folder)
{
    struct stat status{};
    if (fstat(folder, &status) != 0) return fail_errno(errno, "asking for the status of a folder");
    if (status.st_ino != top_inode) return std::optional<std::uint64_t>();
    btrfs_ioctl_ino_lookup_args lookup{};
    lookup.objectid = top_inode;
    const auto asked =
        tell(kernel, folder, BTRFS_IOC_INO_LOOKUP, &lookup, "asking for the number of a subvolume");
    if (!asked) return pass(asked);
    return std::optional<std::uint64_t>(lookup.treeid);
}

Result<void> make_subvolume(const Kernel& kernel, int parent, const std::string& name)
{
    btrfs_ioctl_vol_args wanted{};
    if (name.size() > BTRFS_PATH_NAME_MAX) return fail(Fault::invalid, "the name of a subvolume is too long");
    std::ranges::copy(name, wanted.name);
    if (kernel.control(parent, BTRFS_IOC_SUBVOL_CREATE, &wanted) == 0) return {};
    if (errno == EEXIST) return fail(Fault::conflict, "there is a folder {} already", name);
    return fail_errno(errno, "making the subvolume " + name);
}

Result<void> turn_quotas_on(const Kernel& kernel, int at)
{
    btrfs_ioctl_quota_ctl_args wanted{.cmd = BTRFS_QUOTA_CTL_ENABLE, .status = 0};
    if (kernel.control(at, BTRFS_IOC_QUOTA_CTL, &wanted) >= 0 || errno == EEXIST) return {};
    return fail_errno(errno, "turning the quotas of btrfs on");
}

Result<void> make_group(const Kernel& kernel, int at, Group group)
{
    btrfs_ioctl_qgroup_create_args wanted{.create = 1, .qgroupid = group};
    if (kernel.control(at, BTRFS_IOC_QGROUP_CREATE, &wanted) >= 0 || errno == EEXIST) return {};
    return fail_errno(errno, "making a qgroup");
}

Result<void> put_into(const Kernel& kernel, int at, std::uint64_t subvolume, Group group)
{
    btrfs_ioctl_qgroup_assign_args wanted{.assign = 1, .src = subvolume, .dst = group};
    const int done = kernel.control(at, BTRFS_IOC_QGROUP_ASSIGN, &wanted);
    if (done < 0 && errno != EEXIST) return fail_errno(errno, "putting a subvolume into a qgroup");
    if (done <= 0) return {};
    // What the subvolume holds already could not be added up at once: the kernel counts anew.
    btrfs_ioctl_quota_rescan_args rescan{};
    if (kernel.control(at, BTRFS_IOC_QUOTA_RESCAN, &rescan) < 0 && errno != EINPROGRESS)
        return fail_errno(errno, "having a btrfs counted anew");
    return {};
}

Result<void> remove_group(const Kernel& kernel, int at, Group group, const std::vector<Group>& members)
{
    for (const auto member : members) {
        btrfs_ioctl_qgroup_assign_args wanted{.assign = 0, .src = member, .dst = group};
        if (kernel.control(at, BTRFS_IOC_QGROUP_ASSIGN, &wanted) < 0 && errno != ENOENT)
            return fail_errno(errno, "taking a subvolume out of a qgroup");
    }
    btrfs_ioctl_qgroup_create_args wanted{.create = 0, .qgroupid = group};
    if (kernel.control(at, BTRFS_IOC_QGROUP_CREATE, &wanted) >= 0 || errno == ENOENT || errno == ENOTCONN)
        return {}; // ENOTCONN: quotas are off
    return fail_errno(errno, "removing a qgroup");
}

Result<void> limit(const Kernel& kernel, int at, Group group, std::optional<std::uint64_t> bytes)
{
    btrfs_ioctl_qgroup_limit_args wanted{};
    wanted.qgroupid = group;
    wanted.lim.flags = BTRFS_QGROUP_LIMIT_MAX_RFER;
    wanted.lim.max_rfer = bytes.value_or(most); // all ones take the limit away
    return tell(kernel, at, BTRFS_IOC_QGROUP_LIMIT, &wanted, "setting the limit of a qgroup");
}

Result<std::optional<GroupState>> state_of(const Kernel& kernel, int at, Group group)
{
    const auto synced = tell(kernel, at, BTRFS_IOC_SYNC, nullptr, "having a btrfs written out");
    if (!synced) return pass(synced);
    const auto counts = quota_items(kernel, at, {0, BTRFS_QGROUP_INFO_KEY, group});
    if (!counts) return pass(counts);
    const auto limits = quota_items(kernel, at, {0, BTRFS_QGROUP_LIMIT_KEY, group});
    if (!limits) return pass(limits);
    auto members = members_of(kernel, at, group);
    if (!members) return pass(members);
    const auto count = counts->empty() ? std::nullopt : as<btrfs_qgroup_info_item>(counts->front());
    if (!count) return std::optional<GroupState>();
    GroupState state{.used = count->rfer, .limit = {}, .members = std::move(*members)};
    const auto set = limits->empty() ? std::nullopt : as<btrfs_qgroup_limit_item>(limits->front());
    if (set && (set->flags & BTRFS_QGROUP_LIMIT_MAX_RFER) != 0) state.limit = set->max_rfer;
    return std::optional(std::move(state));
}

Result<bool> are_counts_right(const Kernel& kernel, int at)
{
    const auto found = quota_items(kernel, at, {0, BTRFS_QGROUP_STATUS_KEY, 0});
    if (!found) return pass(found);
    const auto status = found->empty() ? std::nullopt : as<btrfs_qgroup_status_item>(found->front());
    constexpr auto wrong = BTRFS_QGROUP_STATUS_FLAG_RESCAN | BTRFS_QGROUP_STATUS_FLAG_INCONSISTENT;
    return status && (status->flags & BTRFS_QGROUP_STATUS_FLAG_ON) != 0 && (status->flags & wrong) == 0;
}

Result<std::vector<std::string>> nested_in(const Kernel& kernel, int at, std::uint64_t subvolume)
{
    const auto found = items_in(kernel, at,
                                {.tree = BTRFS_ROOT_TREE_OBJECTID,
                                 .first = {subvolume, BTRFS_ROOT_REF_KEY, 0},
                                 .last = {subvolume, BTRFS_ROOT_REF_KEY, most}});
    if (!found) return pass(found);
    std::vector<std::string> names;
    for (const auto& item : *found) {
        const auto reference = as<btrfs_root_ref>(item);
        if (item.key.type == BTRFS_ROOT_REF_KEY && reference)
            names.push_back(item.body.substr(sizeof *reference, reference->name_len));
    }
    return names;
}

} // namespace metka::metkad::btrfs
