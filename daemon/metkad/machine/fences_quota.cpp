#include <algorithm>
#include <array>
#include <cerrno>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/quota.h>
#include <sys/stat.h>

#include "core/sys/file.h"
#include "daemon/metkad/machine/fences_parts.h"

namespace metka::metkad {

namespace {

constexpr std::uint64_t quota_block = QIF_DQBLKSIZE; // limits are counted in these, used space in bytes

enum class Whose { user, project };

struct WhoseRow {
    int type;
    std::string_view name;
};
constexpr std::array<WhoseRow, 2> rows{{{USRQUOTA, "user"}, {PRJQUOTA, "project"}}};

const WhoseRow& row(Whose whose)
{
    return rows[static_cast<std::size_t>(whose)];
}

int command(unsigned what, Whose whose)
{
    return static_cast<int>(QCMD(what, static_cast<unsigned>(row(whose).type)));
}

// From the random end of the account's id, in the upper half of what there is: people number theirs from
// below.
std::uint32_t project_of(const ShellAccount& shell)
{
    const auto& bytes = shell.id.bytes();
    std::uint32_t number = 0;
    for (std::size_t i = 12; i < bytes.size(); ++i)
        number = number << 8U | bytes[i];
    return (number & 0x3FFF'FFFFU) | 0x4000'0000U;
}

class QuotaFences final : public Fences {
  public:
    QuotaFences(const FenceGround& ground, bool users, bool projects)
        : ground_(ground), users_(users), projects_(projects)
    {
    }
    Result<void> prepare(const ShellAccount& shell) override;
    Result<void> set(const ShellAccount& shell) override { return set_to(shell, shell.disk_limit); }
    Result<void> remove(const ShellAccount& shell) override { return set_to(shell, std::nullopt); }
    FenceReport look(const ShellAccount& shell) const override;

  private:
    Result<void> mark(const sys::Descriptor& tree, std::uint32_t project) const;
    Result<void> set_to(const ShellAccount& shell, const Capacity& limit) const;
    Result<void> limit(Whose whose, std::uint32_t id, const Capacity& bytes) const;
    Result<if_dqblk> state_of(Whose whose, std::uint32_t id) const;
    bool is_home_here(const ShellAccount& shell) const;
    void look_at(Whose whose, std::uint32_t id, const ShellAccount& shell, FenceReport& report) const;
    void look_for_shed(const ShellAccount& shell, FenceReport& report) const;

    FenceGround ground_;
    bool users_;    // quotas of users are on
    bool projects_; // quotas of projects are on
};

Result<void> QuotaFences::prepare(const ShellAccount& shell)
{
    const auto folder = fence::shell_folder(ground_);
    if (!folder) return pass(folder);
    const auto name = shell.id.hex();
    if (mkdirat(folder->get(), name.c_str(), 0700) != 0 && errno != EEXIST)
        return fail_errno(errno, "making the mail tree of " + shell.login);
    const auto tree = fence::tree(ground_, shell);
    if (!tree) return pass(tree);
    const auto names = sys::names_in(tree->get());
    auto marked = names ? Result<void>() : pass(names);
    const bool is_empty = names && names->empty(); // what is in it already would stay outside
    if (projects_ && is_empty) marked = mark(*tree, project_of(shell));
    const auto given = fence::give_to_store(ground_, *tree);
    return marked ? given : marked;
}

// Where the kernel refuses the number it may have taken the flag (ext4 sets them one after the other):
// without its number the tree would hand on no project at all.
Result<void> QuotaFences::mark(const sys::Descriptor& tree, std::uint32_t project) const
{
    fsxattr before{};
    if (ground_.kernel.control(tree.get(), FS_IOC_FSGETXATTR, &before) != 0)
        return fail_errno(errno, "asking for the project of a mail tree");
    auto wanted = before;
    wanted.fsx_xflags |= FS_XFLAG_PROJINHERIT;
    wanted.fsx_projid = project;
    if (ground_.kernel.control(tree.get(), FS_IOC_FSSETXATTR, &wanted) == 0) return {};
    const int why = errno;
    ground_.kernel.control(tree.get(), FS_IOC_FSSETXATTR, &before);
    return fail_errno(why, "giving a mail tree its project");
}

Result<void> QuotaFences::limit(Whose whose, std::uint32_t id, const Capacity& bytes) const
{
    if_dqblk wanted{};
    if (bytes)
        wanted.dqb_bhardlimit = (fence::fence_bytes(*bytes) + quota_block - 1) / quota_block; // 0: none
    wanted.dqb_valid = QIF_BLIMITS;
    if (ground_.kernel.quota(ground_.mail.get(), command(Q_SETQUOTA, whose), id, &wanted) == 0) return {};
    return fail_errno(errno, fmt::format("setting the quota of {} {}", row(whose).name, id));
}

bool QuotaFences::is_home_here(const ShellAccount& shell) const
{
    const auto home = fence::home(ground_, shell);
    if (!home) return false;
    const auto here = sys::status_of(ground_.mail.get());
    const auto there = sys::status_of(home->get());
    return here && there && here->st_dev == there->st_dev;
}

Result<void> QuotaFences::set_to(const ShellAccount& shell, const Capacity& limit_wanted) const
{
    const auto bytes = is_home_here(shell) ? limit_wanted : std::nullopt; // else the count alone
    auto done = users_ ? limit(Whose::user, shell.uid, bytes) : Result<void>();
    if (done && projects_) done = limit(Whose::project, project_of(shell), bytes);
    return done;
}

Result<if_dqblk> QuotaFences::state_of(Whose whose, std::uint32_t id) const
{
    if_dqblk told{};
    const int done = ground_.kernel.quota(ground_.mail.get(), command(Q_GETQUOTA, whose), id, &told);
    if (done == 0 || errno == ENOENT) return told; // ENOENT of XFS: nobody ever used anything of it
    return fail_errno(errno, fmt::format("asking for the quota of {} {}", row(whose).name, id));
}

void QuotaFences::look_at(Whose whose, std::uint32_t id, const ShellAccount& shell, FenceReport& report) const
{
    const auto state = state_of(whose, id);
    if (!state) {
        report.problems.push_back(state.error().text);
        return;
    }
    report.used = Bytes{report.used.value_or(Bytes{}).count + state->dqb_curspace};
    const auto wanted =
        shell.disk_limit ? (fence::fence_bytes(*shell.disk_limit) + quota_block - 1) / quota_block : 0;
    if (state->dqb_bhardlimit != wanted)
        report.problems.push_back(
            fmt::format("the quota of its {} is not the one that was set", row(whose).name));
}

// The folders down to the Maildir are metka-mail's own; nothing that its user may write is opened here.
void QuotaFences::look_for_shed(const ShellAccount& shell, FenceReport& report) const
{
    const auto top = "shell/" + shell.id.hex();
    for (const auto& path : {top, top + "/inbox", top + "/inbox/Maildir"}) {
        const auto folder = sys::open_folder_beneath(ground_.mail.get(), path);
        fsxattr told{};
        if (!folder || ground_.kernel.control(folder->get(), FS_IOC_FSGETXATTR, &told) != 0) continue;
        if (told.fsx_projid == project_of(shell) && (told.fsx_xflags & FS_XFLAG_PROJINHERIT) != 0) continue;
        report.problems.push_back(
            fmt::format("mail/{} has shed its project id: what is in it is outside the fence", path));
    }
}

FenceReport QuotaFences::look(const ShellAccount& shell) const
{
    FenceReport report{.kind = "none", .covers = std::string(fence::apart), .used = {}, .problems = {}};
    if (!is_home_here(shell)) return report;
    report.kind = "quota";
    report.covers = users_ && projects_ ? "home and mail" : users_ ? "home" : "mail";
    // A file of the user's in the mail tree is in both counts: this is never too little.
    if (users_) look_at(Whose::user, shell.uid, shell, report);
    if (projects_) look_at(Whose::project, project_of(shell), shell, report);
    if (projects_) look_for_shed(shell, report);
    return report;
}

bool are_on(const FenceGround& ground, Whose whose)
{
    if_dqblk told{};
    const int done = ground.kernel.quota(ground.mail.get(), command(Q_GETQUOTA, whose), 0, &told);
    return done == 0 || errno == ENOENT;
}

} // namespace

std::unique_ptr<Fences> make_quota_fences(const FenceGround& ground)
{
    const bool users = are_on(ground, Whose::user);
    const bool projects = are_on(ground, Whose::project);
    if (!users && !projects) return nullptr;
    return std::make_unique<QuotaFences>(ground, users, projects);
}

} // namespace metka::metkad
