#include "daemon/errand/errands.h"

#include <cerrno>
#include <fcntl.h>
#include <set>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

#include "core/base/text.h"
#include "core/sys/file.h"
#include "daemon/errand/walk.h"

namespace metka::errand {

namespace {

constexpr std::uint64_t block = 512;             // of st_blocks, whatever the file system's own is (stat(2))
constexpr std::size_t most_remembered = 200'000; // files with several names: about 10 MB

class Measuring final : public Visitor {
  public:
    void count(const struct stat& status)
    {
        const auto used = static_cast<std::uint64_t>(status.st_blocks) * block;
        const auto several = !S_ISDIR(status.st_mode) && status.st_nlink > 1;
        if (several && seen_.size() >= most_remembered)
            measured_.used.count += used / status.st_nlink; // each name its share
        else if (!several || seen_.emplace(status.st_dev, status.st_ino).second)
            measured_.used.count += used;
    }
    void file(int /*folder*/, const char* /*name*/, const struct stat& status) override { count(status); }
    void folder(int parent, const char* name) override
    {
        struct stat status{};
        if (fstatat(parent, name, &status, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT) == 0) count(status);
    }
    void refused(int /*error_number*/) override { ++measured_.unreadable; }
    void left(int /*parent*/, const std::string& /*name*/) override {}

    household::Measured measured() const { return measured_; }

  private:
    household::Measured measured_;
    std::set<std::pair<dev_t, ino_t>> seen_;
};

class Clearing final : public Visitor {
  public:
    void file(int folder, const char* name, const struct stat& /*status*/) override
    {
        remove(folder, name, 0);
    }
    // Its user may have closed it, to us and to everybody.
    void folder(int parent, const char* name) override { (void)fchmodat(parent, name, 0700, 0); }
    void refused(int /*error_number*/) override {} // it counts when it cannot be removed
    void left(int parent, const std::string& name) override { remove(parent, name.c_str(), AT_REMOVEDIR); }

    household::Cleared cleared() const { return cleared_; }

  private:
    void remove(int folder, const char* name, int flags)
    {
        if (unlinkat(folder, name, flags) != 0 && errno != ENOENT) ++cleared_.left;
    }
    household::Cleared cleared_;
};

} // namespace

Result<sys::Descriptor> open_home(const std::string& path, std::uint32_t uid)
{
    sys::Descriptor home(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    if (!home) return fail_errno(errno, "opening the home " + escaped(path));
    const auto status = sys::status_of(home.get());
    if (!status) return pass(status);
    if (status->st_uid != uid)
        return fail(Fault::denied, "the home {} belongs to uid {}, not to its user (uid {})", escaped(path),
                    status->st_uid, uid);
    return home;
}

Result<household::Linked> link_maildir(const sys::Descriptor& home, const std::string& target)
{
    if (symlinkat(target.c_str(), home.get(), "Maildir") == 0) return household::Linked{.made = true};
    if (errno == EEXIST) return household::Linked{.made = false};
    return fail_errno(errno, "making the link ~/Maildir");
}

household::Measured measure(const sys::Descriptor& home)
{
    Measuring measuring;
    const auto status = sys::status_of(home.get());
    if (status) measuring.count(*status);
    walk(home, measuring);
    return measuring.measured();
}

household::Cleared clear(const sys::Descriptor& folder)
{
    Clearing clearing;
    walk(folder, clearing);
    return clearing.cleared();
}

} // namespace metka::errand
