// btrfs on a file of its own, where this machine lets us mount one.

#include <cerrno>
#include <fcntl.h>
#include <sys/wait.h>

#include "core/sys/child.h"
#include "daemon/metkad/machine/btrfs.h"
#include "tests/unit/metkad/fences_ground.h"

using namespace metka;
using namespace metka::metkad;
using namespace metka::metkad::test;

namespace {

class Loop {
  public:
    Loop()
    {
        const auto file = folder_.file("disk");
        std::ofstream(file).close();
        std::filesystem::resize_file(file, std::uintmax_t{256} << 20U);
        std::filesystem::create_directory(path());
        if (geteuid() != 0 || sys::run("/usr/sbin/mkfs.btrfs", {"-q", file}).value_or(1) != 0) return;
        is_mounted_ = sys::run("/usr/bin/mount", {"-o", "loop", file, path()}).value_or(1) == 0;
    }
    Loop(const Loop&) = delete;
    Loop& operator=(const Loop&) = delete;
    ~Loop()
    {
        if (is_mounted_) (void)sys::run("/usr/bin/umount", {path()});
    }
    std::string path() const { return folder_.file("mount"); }
    bool is_there() const
    {
        if (!is_mounted_) MESSAGE("skipped: no btrfs can be mounted here");
        return is_mounted_;
    }

  private:
    TestFolder folder_;
    bool is_mounted_ = false;
};

// Writes until the kernel refuses: the errno, and how much went in.
std::pair<int, std::uint64_t> fill(const std::string& path)
{
    const sys::Descriptor file(open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    if (!file) return {errno, 0};
    std::string block(std::size_t{1} << 20U, '\0');
    std::uint64_t written = 0;
    for (std::size_t i = 0; i < 128; ++i) {
        for (std::size_t at = 0; at < block.size(); ++at)
            block[at] = static_cast<char>((at * 2654435761U + i) >> 7U); // nothing that compresses
        const auto count = write(file.get(), block.data(), block.size());
        if (count < 0 || fsync(file.get()) != 0) return {errno, written};
        written += static_cast<std::uint64_t>(count);
    }
    return {0, written};
}

struct Btrfs {
    explicit Btrfs(const Loop& loop) : plot(loop.path())
    {
        const auto homes = sys::open_folder(loop.path() + "/homes").value();
        REQUIRE(btrfs::make_subvolume(kernel, homes.get(), "anna"));
        REQUIRE(chown(plot.accounts.home.c_str(), anna_uid, anna_uid) == 0);
        fences = make_fences(plot.mail, plot.accounts, store_uid);
    }
    Plot plot;
    Kernel kernel;
    std::unique_ptr<Fences> fences;
};

} // namespace

TEST_CASE("on btrfs one limit holds home and mail together, and goes with the account" *
          doctest::test_suite("root"))
{
    const Loop loop;
    if (!loop.is_there()) return;
    Btrfs place(loop);
    const auto& shell = place.plot.shell;
    REQUIRE(place.fences->prepare(shell));
    REQUIRE(place.fences->prepare(shell));
    struct stat status{};
    REQUIRE(stat(place.plot.tree().c_str(), &status) == 0);
    CHECK(status.st_uid == store_uid);
    CHECK((status.st_mode & 07777) == 0711);
    CHECK(status.st_ino == 256);
    REQUIRE(place.fences->set(shell));
    REQUIRE(place.fences->set(shell));
    auto report = place.fences->look(shell);
    CHECK(report.show() == "btrfs: home and mail");
    for (const auto& problem : report.problems)
        CHECK_MESSAGE(problem.contains("still counting"), problem); // quotas were turned on just now

    const auto [mail_error, in_mail] = fill(place.plot.tree() + "/message");
    CHECK(mail_error == EDQUOT);
    CHECK(in_mail >= (16_MiB).count);
    CHECK(in_mail <= (24_MiB).count);
    const auto [home_error, in_home] = fill(place.plot.accounts.home + "/file");
    CHECK(home_error == EDQUOT);
    CHECK(in_home + in_mail <= (25_MiB).count);
    report = place.fences->look(shell);
    REQUIRE(report.used);
    CHECK(report.used->count >= in_mail);

    const auto in_trash = place.plot.mail_path + "/trash/old";
    REQUIRE(place.fences->remove(shell));
    REQUIRE(place.fences->remove(shell));
    std::filesystem::rename(place.plot.tree(), in_trash); // as metka-store does
    std::filesystem::remove(in_trash + "/message");
    CHECK(rmdir(in_trash.c_str()) == 0);
    REQUIRE(place.fences->remove(shell));
    CHECK(place.fences->look(shell).kind == "none");
}

TEST_CASE("a subvolume within a home is reported" * doctest::test_suite("root"))
{
    const Loop loop;
    if (!loop.is_there()) return;
    Btrfs place(loop);
    REQUIRE(place.fences->prepare(place.plot.shell));
    REQUIRE(place.fences->set(place.plot.shell));
    const auto home = sys::open_folder(place.plot.accounts.home).value();
    REQUIRE(btrfs::make_subvolume(place.kernel, home.get(), "hidden"));
    const auto report = place.fences->look(place.plot.shell);
    REQUIRE_FALSE(report.problems.empty());
    CHECK(report.problems.front().contains("the subvolume “hidden” lies within the home"));
}

TEST_CASE("a home elsewhere means counting alone, and the report says so" * doctest::test_suite("root"))
{
    const Loop loop;
    if (!loop.is_there()) return;
    const TestFolder elsewhere;
    Btrfs place(loop);
    std::filesystem::create_directories(elsewhere.file("homes"));
    place.plot.accounts.home = elsewhere.file("homes/anna");
    place.plot.make_plain_home();
    REQUIRE(place.fences->prepare(place.plot.shell));
    REQUIRE(place.fences->set(place.plot.shell));
    CHECK(place.fences->look(place.plot.shell).show() == "none: home and mail lie on different file systems");
}

TEST_CASE("a home that is no subvolume leaves mail behind the fence alone" * doctest::test_suite("root"))
{
    const Loop loop;
    if (!loop.is_there()) return;
    Btrfs place(loop);
    std::filesystem::create_directory(loop.path() + "/homes/plain");
    place.plot.accounts.home = loop.path() + "/homes/plain";
    REQUIRE(chown(place.plot.accounts.home.c_str(), anna_uid, anna_uid) == 0);
    REQUIRE(place.fences->prepare(place.plot.shell));
    REQUIRE(place.fences->set(place.plot.shell));
    CHECK(place.fences->look(place.plot.shell).show() == "btrfs: mail");
}
