#include "daemon/metkad/machine/fences.h"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <limits>
#include <linux/magic.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "core/base/text.h"
#include "core/sys/file.h"
#include "daemon/metkad/machine/fences_parts.h"

namespace metka::metkad {

int Kernel::control(int fd, unsigned long request, void* argument) const
{
    return ioctl(fd, request, argument);
}

int Kernel::quota(int fd, int command, std::uint32_t id, void* argument) const
{
    return static_cast<int>(syscall(SYS_quotactl_fd, fd, command, id, argument));
}

namespace fence {

Result<sys::Descriptor> shell_folder(const FenceGround& ground)
{
    return sys::open_folder_beneath(ground.mail.get(), "shell");
}

Result<sys::Descriptor> tree(const FenceGround& ground, const ShellAccount& shell)
{
    return sys::open_folder_beneath(ground.mail.get(), "shell/" + shell.id.hex());
}

Result<void> give_to_store(const FenceGround& ground, const sys::Descriptor& tree)
{
    const auto mail = sys::status_of(ground.mail.get());
    if (!mail) return pass(mail);
    if (fchmod(tree.get(), 0711) != 0) return fail_errno(errno, "setting the mode of a mail tree");
    if (fchown(tree.get(), ground.mail_uid, mail->st_gid) != 0)
        return fail_errno(errno, "giving a mail tree to metka-store");
    return {};
}

Result<sys::Descriptor> home(const FenceGround& ground, const ShellAccount& shell)
{
    const auto user = ground.accounts.find(shell.login);
    if (!user) return pass(user);
    if (!*user || (*user)->uid != shell.uid)
        return fail(Fault::unavailable, "there is no Unix user {} with uid {}", shell.login, shell.uid);
    const auto& path = (*user)->home;
    const auto cut = path.rfind('/');
    if (cut == std::string::npos || cut == 0 || cut + 1 == path.size())
        return fail(Fault::unavailable, "the home {} is no folder of one user", escaped(path));
    const auto parent = sys::open_folder(path.substr(0, cut));
    if (!parent) return pass(parent);
    const auto around = sys::status_of(parent->get());
    if (!around) return pass(around);
    if (around->st_uid != 0 || (around->st_mode & (S_IWGRP | S_IWOTH)) != 0)
        return fail(Fault::unavailable, "the home {} lies in a folder that others than root may write",
                    escaped(path));
    sys::Descriptor home(openat(parent->get(), path.substr(cut + 1).c_str(),
                                O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    if (!home) return fail_errno(errno, "opening the home " + escaped(path));
    const auto status = sys::status_of(home.get());
    if (!status) return pass(status);
    if (status->st_uid != shell.uid)
        return fail(Fault::unavailable, "the home {} belongs to uid {}, not to {}", escaped(path),
                    status->st_uid, shell.login);
    return home;
}

std::uint64_t fence_bytes(Bytes limit)
{
    constexpr auto most = std::numeric_limits<std::int64_t>::max();
    return limit.count > most - fence_slack.count ? most : limit.count + fence_slack.count;
}

} // namespace fence

std::string FenceReport::show() const
{
    return covers.empty() ? kind : kind + ": " + covers;
}

namespace {

class NoFences final : public Fences {
  public:
    explicit NoFences(std::string why) : why_(std::move(why)) {}
    Result<void> prepare(const ShellAccount& /*shell*/) override { return {}; }
    Result<void> set(const ShellAccount& /*shell*/) override { return {}; }
    Result<void> remove(const ShellAccount& /*shell*/) override { return {}; }
    FenceReport look(const ShellAccount& /*shell*/) const override
    {
        return {.kind = "none", .covers = why_, .used = {}, .problems = {}};
    }

  private:
    std::string why_;
};

} // namespace

std::unique_ptr<Fences> make_fences(const sys::Descriptor& mail, const UnixAccounts& accounts,
                                    std::uint32_t mail_uid)
{
    static const Kernel kernel;
    const FenceGround ground{.mail = mail, .accounts = accounts, .mail_uid = mail_uid, .kernel = kernel};
    if (geteuid() != 0) return std::make_unique<NoFences>("this metkad does not run as root");
    struct statfs status{};
    if (fstatfs(mail.get(), &status) != 0)
        return std::make_unique<NoFences>("the mail folder cannot be asked");
    if (static_cast<unsigned long>(status.f_type) == BTRFS_SUPER_MAGIC) return make_btrfs_fences(ground);
    auto quota = make_quota_fences(ground);
    if (quota) return quota;
    return std::make_unique<NoFences>("this file system has no quotas");
}

} // namespace metka::metkad
