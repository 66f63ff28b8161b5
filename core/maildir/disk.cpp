#include "core/maildir/disk.h"

#include <array>
#include <cerrno>

#include <fcntl.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <sys/ioctl.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "core/base/text.h"
#include "core/sys/file.h"

namespace metka::maildir {

namespace {

using sys::refused;

std::string own_path(int file)
{
    return fmt::format("/proc/self/fd/{}", file);
}

bool is_of(int folder, decltype(statfs::f_type) kind)
{
    struct statfs system{};
    return fstatfs(folder, &system) == 0 && system.f_type == kind;
}

Result<void> copy_bytes(int from, int to)
{
    std::array<char, 64 * 1024> piece{};
    for (std::uint64_t offset = 0;;) {
        const auto count = pread(from, piece.data(), piece.size(), static_cast<off_t>(offset));
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return refused(errno, "reading a message to copy it");
        if (count == 0) return {};
        const auto size = static_cast<std::size_t>(count);
        auto written = sys::write_whole(to, {piece.data(), size}, offset);
        if (!written) return written;
        offset += size;
    }
}

} // namespace

Result<sys::Descriptor> Disk::open_folder(int folder, const std::string& path)
{
    return sys::open_folder_beneath(folder, path);
}

Result<sys::Descriptor> Disk::hold_folder(int folder, const std::string& name)
{
    return sys::open_beneath(folder, name, O_PATH | O_DIRECTORY);
}

Result<sys::Descriptor> Disk::open_message(int folder, const std::string& name)
{
    return sys::open_beneath(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
}

Result<std::vector<std::string>> Disk::names(int folder)
{
    std::vector<std::string> names;
    const auto read = each_name(folder, [&](std::string_view name) { names.emplace_back(name); });
    if (!read) return pass(read);
    return names;
}

Result<void> Disk::each_name(int folder, const std::function<void(std::string_view)>& visit)
{
    return sys::each_name_in(folder, [&](std::string_view name) {
        if (name.front() != '.') visit(name);
    });
}

Result<std::vector<std::string>> Disk::all_names(int folder)
{
    return sys::names_in(folder);
}

Result<sys::Descriptor> Disk::open_unnamed(int folder)
{
    constexpr mode_t mode = 0440;
    auto file = sys::open_beneath(folder, ".", O_TMPFILE | O_WRONLY, mode);
    if (!file) return file;
    // A umask, or a default ACL of the folder, may have made another one of it.
    const auto status = sys::status_of(file->get());
    if (!status) return pass(status);
    const bool is_right = (status->st_mode & 07777) == mode;
    if (!is_right && fchmod(file->get(), mode) != 0)
        return refused(errno, "setting the mode of a new message");
    return file;
}

Result<sys::Descriptor> Disk::reopen_for_reading(int file)
{
    sys::Descriptor opened(open(own_path(file).c_str(), O_RDONLY | O_CLOEXEC));
    if (!opened) return refused(errno, "opening a new message for reading");
    return opened;
}

Result<void> Disk::check_no_writer(int file)
{
    // The kernel grants a read lease only on a file that nobody has open for writing (fcntl(2), F_SETLEASE).
    if (fcntl(file, F_SETLEASE, F_RDLCK) != 0) {
        if (errno == EAGAIN)
            return fail(Fault::denied, "the message is still open for writing; close it, then commit");
        return refused(errno, "making sure that nobody can write a message any more");
    }
    if (fcntl(file, F_SETLEASE, F_UNLCK) != 0) return refused(errno, "giving a lease back");
    return {};
}

int Disk::link_by_descriptor(int file, int folder, const std::string& name)
{
    return linkat(file, "", folder, name.c_str(), AT_EMPTY_PATH) == 0 ? 0 : errno;
}

// By its descriptor alone where the kernel lets whoever opened a file do that (Linux 6.10 and later), which
// saves the way through /proc. An older one says ENOENT before it looks at anything else, unless we have
// CAP_DAC_READ_SEARCH; every other refusal (of Landlock, of fs.protected_hardlinks) is of the file and the
// folder, and so would be the same on that way.
Result<Linked> Disk::link(int file, int folder, const std::string& name)
{
    int error = takes_descriptors_ ? link_by_descriptor(file, folder, name) : ENOENT;
    if (error == ENOENT) {
        const auto path = own_path(file);
        error = linkat(AT_FDCWD, path.c_str(), folder, name.c_str(), AT_SYMLINK_FOLLOW) == 0 ? 0 : errno;
        if (error == 0) takes_descriptors_ = false; // ENOENT was not the folder's
    }
    if (error == 0) return Linked::yes;
    if (error == EXDEV || error == EMLINK) return Linked::elsewhere;
    return refused(error, "giving a message its name " + escaped(name));
}

Result<void> Disk::copy(int from, int to)
{
    if (ioctl(to, FICLONE, from) == 0) return {};
    return copy_bytes(from, to);
}

Result<void> Disk::write(int file, std::string_view bytes)
{
    return sys::write_whole(file, bytes, 0);
}

Result<void> Disk::start_writeback(int file)
{
    if (sync_file_range(file, 0, 0, SYNC_FILE_RANGE_WRITE) != 0)
        return refused(errno, "writing a message out");
    return {};
}

Result<void> Disk::finish_writeback(int file)
{
    constexpr unsigned all = SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER;
    if (sync_file_range(file, 0, 0, all) != 0) return refused(errno, "writing a message out");
    return {};
}

Result<void> Disk::sync_journal(int file)
{
    if (fsync(file) != 0) return refused(errno, "making messages durable");
    return {};
}

// An ext4 that has its journal within it shows a folder of that journal's inode, 8, in /proc; one without a
// journal, one with it on another device, and every other file system show none.
bool Disk::has_journal(int folder)
{
    struct stat status{};
    if (!is_of(folder, EXT4_SUPER_MAGIC) || fstat(folder, &status) != 0) return false;
    const auto device = fmt::format("/sys/dev/block/{}:{}", major(status.st_dev), minor(status.st_dev));
    std::array<char, 256> target{};
    const auto size = readlink(device.c_str(), target.data(), target.size());
    if (size <= 0 || static_cast<std::size_t>(size) == target.size()) return false;
    const std::string_view path(target.data(), static_cast<std::size_t>(size));
    const auto journal = fmt::format("/proc/fs/jbd2/{}-8", path.substr(path.rfind('/') + 1));
    return stat(journal.c_str(), &status) == 0;
}

// ext4 converts an extent before its write counts as done.
bool Disk::keeps_bytes(int folder)
{
    return is_of(folder, EXT4_SUPER_MAGIC);
}

// Without a journal ext4 writes the folder and not the link counts of the files in it; fsck then takes a file
// that had no name when it was last synced for one that was deleted. btrfs takes down in its log what was
// synced, but before Linux 6.16 nothing of a file without a name, and then of a file that it meets in a
// synced folder that it exists: empty, after the power went.
bool Disk::syncs_links(int folder)
{
    if (is_of(folder, EXT4_SUPER_MAGIC)) return has_journal(folder);
    return !is_of(folder, BTRFS_SUPER_MAGIC);
}

Result<void> Disk::sync_data(int file)
{
    if (fdatasync(file) != 0) return refused(errno, "making a message durable");
    return {};
}

Result<void> Disk::sync_folder(int folder)
{
    if (fsync(folder) != 0) return refused(errno, "making a folder durable");
    return {};
}

Result<void> Disk::sync_all(int folder)
{
    if (syncfs(folder) != 0) return refused(errno, "making a file system durable");
    return {};
}

Result<void> Disk::make_folder(int folder, const std::string& name, mode_t mode)
{
    const auto made = sys::make_folders_beneath(folder, name, mode);
    if (!made) return pass(made);
    return {};
}

Result<Linked> Disk::rename(int folder, const std::string& from, int to_folder, const std::string& to)
{
    if (renameat(folder, from.c_str(), to_folder, to.c_str()) == 0) return Linked::yes;
    if (errno == EXDEV) return Linked::elsewhere;
    return refused(errno, "moving " + escaped(from));
}

Result<void> Disk::unlink(int folder, const std::string& name)
{
    if (unlinkat(folder, name.c_str(), 0) != 0) return refused(errno, "removing " + escaped(name));
    return {};
}

Result<void> Disk::remove_folder(int folder, const std::string& name)
{
    if (unlinkat(folder, name.c_str(), AT_REMOVEDIR) != 0)
        return refused(errno, "removing the folder " + escaped(name));
    return {};
}

} // namespace metka::maildir
