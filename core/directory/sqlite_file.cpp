#include "core/directory/sqlite_file.h"

#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/sys/descriptor.h"

namespace metka::sqlite {

namespace {

Result<void> make_empty(const std::string& path, mode_t mode)
{
    const sys::Descriptor made(
        ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode));
    if (made || errno == EEXIST) return {};
    return fail_errno(errno, fmt::format("making the database {}", path));
}

Result<void> sync_folder_of(const std::string& path)
{
    const auto slash = path.rfind('/');
    const auto folder = slash == std::string::npos ? std::string(".") : path.substr(0, slash + 1);
    const sys::Descriptor held(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!held || fsync(held.get()) != 0)
        return fail_errno(errno, fmt::format("syncing the folder {}", folder));
    return {};
}

} // namespace

Result<void> make_file(const std::string& path, Ownership ownership)
{
    const auto made = make_empty(path, ownership.mode);
    if (!made) return made;
    // O_PATH: closing any other descriptor of a database drops the locks this process holds on it (fcntl(2)).
    const sys::Descriptor file(::open(path.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
    struct stat status{};
    if (!file || fstat(file.get(), &status) != 0)
        return fail_errno(errno, fmt::format("looking at the database {}", path));
    if (!S_ISREG(status.st_mode)) return fail(Fault::invalid, "{} must be a regular file", path);
    const bool moved = ownership.group && *ownership.group != status.st_gid;
    if (moved && fchownat(file.get(), "", static_cast<uid_t>(-1), *ownership.group, AT_EMPTY_PATH) != 0)
        return fail_errno(errno, fmt::format("giving the database {} to group {}", path, *ownership.group));
    const auto by_descriptor = fmt::format("/proc/self/fd/{}", file.get());
    if ((status.st_mode & 07777) != ownership.mode && chmod(by_descriptor.c_str(), ownership.mode) != 0)
        return fail_errno(errno, fmt::format("giving the database {} its mode", path));
    return sync_folder_of(path);
}

} // namespace metka::sqlite
