#include <algorithm>

#include "core/base/text.h"
#include "daemon/metkad/machine/btrfs.h"
#include "daemon/metkad/machine/fences_parts.h"

namespace metka::metkad {

namespace {

using btrfs::Group;

// What the fence of one account stands around.
struct Enclosed {
    std::uint64_t mail = 0;
    std::optional<std::uint64_t> home; // none: its home is no subvolume, or cannot be opened
    bool apart = false;                // the home is on another file system
    std::string why_not;               // of the home
};

class BtrfsFences final : public Fences {
  public:
    explicit BtrfsFences(const FenceGround& ground) : ground_(ground) {}
    Result<void> prepare(const ShellAccount& shell) override;
    Result<void> set(const ShellAccount& shell) override;
    Result<void> remove(const ShellAccount& shell) override;
    FenceReport look(const ShellAccount& shell) const override;

  private:
    int at() const { return ground_.mail.get(); }
    Result<std::uint64_t> mail_subvolume(const ShellAccount& shell) const;
    Result<Enclosed> enclosed(const ShellAccount& shell) const;
    void find_home(const ShellAccount& shell, Enclosed& found) const;
    void look_for_nested(const Enclosed& found, FenceReport& report) const;

    FenceGround ground_;
};

Result<void> BtrfsFences::prepare(const ShellAccount& shell)
{
    const auto folder = fence::shell_folder(ground_);
    if (!folder) return pass(folder);
    const auto made = btrfs::make_subvolume(ground_.kernel, folder->get(), shell.id.hex());
    if (!made && made.error().fault != Fault::conflict) return made;
    const auto tree = fence::tree(ground_, shell);
    if (!tree) return pass(tree);
    return fence::give_to_store(ground_, *tree); // also one that we had no time to give
}

Result<std::uint64_t> BtrfsFences::mail_subvolume(const ShellAccount& shell) const
{
    const auto tree = fence::tree(ground_, shell);
    if (!tree) return pass(tree);
    const auto number = btrfs::subvolume_at(ground_.kernel, tree->get());
    if (!number) return pass(number);
    if (*number) return **number;
    return fail(Fault::unavailable, "the mail tree of {} is no subvolume of its own", shell.login);
}

void BtrfsFences::find_home(const ShellAccount& shell, Enclosed& found) const
{
    const auto home = fence::home(ground_, shell);
    if (!home) {
        found.why_not = home.error().text;
        return;
    }
    const auto here = btrfs::file_system_of(ground_.kernel, at());
    const auto there = btrfs::file_system_of(ground_.kernel, home->get());
    found.apart = !here || !there || *here != *there;
    if (found.apart) return;
    const auto number = btrfs::subvolume_at(ground_.kernel, home->get());
    if (number && *number)
        found.home = **number;
    else
        found.why_not = "the home is no subvolume of its own";
}

Result<Enclosed> BtrfsFences::enclosed(const ShellAccount& shell) const
{
    const auto mail = mail_subvolume(shell);
    if (!mail) return pass(mail);
    Enclosed found{.mail = *mail};
    find_home(shell, found);
    return found;
}

Result<void> BtrfsFences::set(const ShellAccount& shell)
{
    const auto found = enclosed(shell);
    if (!found) return pass(found);
    if (found->apart) return remove(shell); // the count alone
    const auto group = btrfs::group_over(found->mail);
    auto done = btrfs::turn_quotas_on(ground_.kernel, at());
    if (done) done = btrfs::make_group(ground_.kernel, at(), group);
    if (done) done = btrfs::put_into(ground_.kernel, at(), found->mail, group);
    if (done && found->home) done = btrfs::put_into(ground_.kernel, at(), *found->home, group);
    if (!done) return done;
    std::optional<std::uint64_t> bytes;
    if (shell.disk_limit) bytes = fence::fence_bytes(*shell.disk_limit);
    return btrfs::limit(ground_.kernel, at(), group, bytes);
}

// The subvolume goes as any empty folder goes, when metka-store has emptied it.
Result<void> BtrfsFences::remove(const ShellAccount& shell)
{
    const auto mail = mail_subvolume(shell);
    if (!mail) return {}; // without the tree there is no telling which group was its own
    const auto group = btrfs::group_over(*mail);
    const auto state = btrfs::state_of(ground_.kernel, at(), group);
    if (!state) return pass(state);
    if (!*state) return {};
    return btrfs::remove_group(ground_.kernel, at(), group, (*state)->members);
}

void BtrfsFences::look_for_nested(const Enclosed& found, FenceReport& report) const
{
    for (const auto subvolume : {std::optional(found.mail), found.home}) {
        if (!subvolume) continue;
        const auto names = btrfs::nested_in(ground_.kernel, at(), *subvolume);
        if (!names) report.problems.push_back(names.error().text);
        if (!names) continue;
        for (const auto& name : *names)
            report.problems.push_back(
                fmt::format("the subvolume “{}” lies within the {}: what is in it is outside "
                            "the fence",
                            escaped(name), subvolume == found.home ? "home" : "mail tree"));
    }
}

FenceReport BtrfsFences::look(const ShellAccount& shell) const
{
    FenceReport report{.kind = "none", .covers = "", .used = {}, .problems = {}};
    const auto found = enclosed(shell);
    if (!found) {
        report.covers = found.error().text;
        return report;
    }
    look_for_nested(*found, report);
    if (found->apart) {
        report.covers = fence::apart;
        return report;
    }
    const auto state = btrfs::state_of(ground_.kernel, at(), btrfs::group_over(found->mail));
    if (!state || !*state) {
        report.covers = state ? "it has no qgroup yet" : state.error().text;
        return report;
    }
    const auto holds = [&](std::uint64_t each) {
        return std::ranges::find((*state)->members, each) != (*state)->members.end();
    };
    report.kind = "btrfs";
    report.covers = found->home && holds(*found->home) ? "home and mail" : "mail";
    report.used = Bytes{(*state)->used};
    if (!holds(found->mail)) report.problems.emplace_back("its mail tree is not in its qgroup");
    if (!found->home) report.problems.push_back(found->why_not);
    const auto right = btrfs::are_counts_right(ground_.kernel, at());
    if (right && !*right) report.problems.emplace_back("btrfs is still counting, or its quotas are off");
    if (shell.disk_limit && (*state)->limit != fence::fence_bytes(*shell.disk_limit))
        report.problems.emplace_back("the limit of its qgroup is not the one that was set");
    return report;
}

} // namespace

std::unique_ptr<Fences> make_btrfs_fences(const FenceGround& ground)
{
    return std::make_unique<BtrfsFences>(ground);
}

} // namespace metka::metkad
