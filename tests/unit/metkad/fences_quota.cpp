// The quotas of XFS and ext4 at the boundary of the system calls, whatever this machine's kernel has.

#include <cerrno>
#include <linux/fs.h>
#include <linux/quota.h>
#include <map>

#include "tests/unit/metkad/fences_ground.h"

using namespace metka;
using namespace metka::metkad;
using namespace metka::metkad::test;

namespace {

struct PaperKernel final : Kernel {
    int control(int fd, unsigned long request, void* argument) const override
    {
        struct stat status{};
        if (fstat(fd, &status) != 0) return -1;
        auto& kept = attributes[status.st_ino];
        auto& given = *static_cast<fsxattr*>(argument);
        if (request == FS_IOC_FSGETXATTR) {
            given = kept;
            return 0;
        }
        if (refuses_projects && given.fsx_projid != 0) {
            kept.fsx_xflags = given.fsx_xflags; // as ext4 does
            errno = EOPNOTSUPP;
            return -1;
        }
        kept = given;
        return 0;
    }
    int quota(int, int command, std::uint32_t id, void* argument) const override
    {
        const auto type = static_cast<unsigned>(command) & SUBCMDMASK;
        const auto what = static_cast<unsigned>(command) >> SUBCMDSHIFT;
        auto& given = *static_cast<if_dqblk*>(argument);
        if (type == PRJQUOTA && !has_projects) {
            errno = ESRCH;
            return -1;
        }
        auto& kept = quotas[{type, id}];
        if (what == Q_GETQUOTA)
            given = kept;
        else if (what == Q_SETQUOTA && given.dqb_valid == QIF_BLIMITS)
            kept.dqb_bhardlimit = given.dqb_bhardlimit;
        else
            errno = EINVAL;
        return what == Q_GETQUOTA || what == Q_SETQUOTA ? 0 : -1;
    }
    std::uint64_t limit(unsigned type, std::uint32_t id) const { return quotas[{type, id}].dqb_bhardlimit; }

    bool has_projects = true;
    bool refuses_projects = false;
    mutable std::map<ino_t, fsxattr> attributes;
    mutable std::map<std::pair<unsigned, std::uint32_t>, if_dqblk> quotas;
};

struct Quotas {
    TestFolder folder;
    Plot plot{folder.path()};
    PaperKernel kernel;
    FenceGround ground{.mail = plot.mail, .accounts = plot.accounts, .mail_uid = store_uid, .kernel = kernel};
    std::unique_ptr<Fences> fences;

    Quotas()
    {
        plot.make_plain_home();
        fences = make_quota_fences(ground);
        REQUIRE(fences);
    }
    fsxattr& tree()
    {
        struct stat status{};
        REQUIRE(stat(plot.tree().c_str(), &status) == 0);
        return kernel.attributes[status.st_ino];
    }
};

} // namespace

TEST_CASE("a mail tree gets a project before anything is in it, and goes to metka-store" *
          doctest::test_suite("root"))
{
    if (!is_root()) return;
    Quotas quotas;
    REQUIRE(quotas.fences->prepare(quotas.plot.shell));
    REQUIRE(quotas.fences->prepare(quotas.plot.shell));
    struct stat status{};
    REQUIRE(stat(quotas.plot.tree().c_str(), &status) == 0);
    CHECK(status.st_uid == store_uid);
    CHECK((status.st_mode & 07777) == 0711);
    CHECK((quotas.tree().fsx_xflags & FS_XFLAG_PROJINHERIT) != 0);
    CHECK(quotas.tree().fsx_projid >= 0x4000'0000U);
}

TEST_CASE("a tree that has something in it keeps the project it has" * doctest::test_suite("root"))
{
    if (!is_root()) return;
    Quotas quotas;
    std::filesystem::create_directories(quotas.plot.tree() + "/inbox");
    REQUIRE(quotas.fences->prepare(quotas.plot.shell));
    CHECK(quotas.tree().fsx_projid == 0);
}

TEST_CASE("a project that the kernel refuses leaves no flag behind" * doctest::test_suite("root"))
{
    if (!is_root()) return;
    Quotas quotas;
    quotas.kernel.refuses_projects = true;
    CHECK_FALSE(quotas.fences->prepare(quotas.plot.shell));
    CHECK(quotas.tree().fsx_xflags == 0);
}

TEST_CASE("user and project get the disk limit and 16 MiB, and lose it again" * doctest::test_suite("root"))
{
    if (!is_root()) return;
    Quotas quotas;
    auto& shell = quotas.plot.shell;
    REQUIRE(quotas.fences->prepare(shell));
    const auto project = quotas.tree().fsx_projid;
    REQUIRE(quotas.fences->set(shell));
    CHECK(quotas.kernel.limit(USRQUOTA, anna_uid) == 24 * 1024);
    CHECK(quotas.kernel.limit(PRJQUOTA, project) == 24 * 1024);
    shell.disk_limit = std::nullopt;
    REQUIRE(quotas.fences->set(shell));
    CHECK(quotas.kernel.limit(USRQUOTA, anna_uid) == 0);
    shell.disk_limit = Bytes{UINT64_MAX};
    REQUIRE(quotas.fences->set(shell));
    CHECK(quotas.kernel.limit(USRQUOTA, anna_uid) == std::uint64_t{1} << 53);
    REQUIRE(quotas.fences->remove(shell));
    REQUIRE(quotas.fences->remove(shell));
    CHECK(quotas.kernel.limit(USRQUOTA, anna_uid) == 0);
    CHECK(quotas.kernel.limit(PRJQUOTA, project) == 0);
}

TEST_CASE("a look at quotas tells use, coverage, a shed project and a limit that is not in force" *
          doctest::test_suite("root"))
{
    if (!is_root()) return;
    Quotas quotas;
    const auto& shell = quotas.plot.shell;
    REQUIRE(quotas.fences->prepare(shell));
    REQUIRE(quotas.fences->set(shell));
    const auto project = quotas.tree().fsx_projid;
    quotas.kernel.quotas[{USRQUOTA, anna_uid}].dqb_curspace = 1000;
    quotas.kernel.quotas[{PRJQUOTA, project}].dqb_curspace = 500;
    auto report = quotas.fences->look(shell);
    CHECK(report.show() == "quota: home and mail");
    CHECK(report.used == Bytes{1500});
    CHECK(report.problems.empty());

    quotas.tree().fsx_projid = 7;
    quotas.kernel.quotas[{USRQUOTA, anna_uid}].dqb_bhardlimit = 0;
    report = quotas.fences->look(shell);
    REQUIRE(report.problems.size() == 2);
    CHECK(report.problems[0].contains("the quota of its user is not the one that was set"));
    CHECK(report.problems[1].contains("has shed its project id"));
}

TEST_CASE("without project quotas the user quota covers the home, and no flag is set" *
          doctest::test_suite("root"))
{
    if (!is_root()) return;
    Quotas quotas;
    quotas.kernel.has_projects = false;
    const auto fences = make_quota_fences(quotas.ground);
    REQUIRE(fences->prepare(quotas.plot.shell));
    CHECK(quotas.tree().fsx_xflags == 0);
    REQUIRE(fences->set(quotas.plot.shell));
    CHECK(fences->look(quotas.plot.shell).show() == "quota: home");
}

TEST_CASE("a home where others than root may write around it has no fence" * doctest::test_suite("root"))
{
    if (!is_root()) return;
    Quotas quotas;
    std::filesystem::permissions(quotas.folder.file("homes"), std::filesystem::perms::all);
    const auto refused = fence::home(quotas.ground, quotas.plot.shell);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().text.contains("others than root may write"));
}
