#include "core/maildir/message_file.h"

#include <algorithm>
#include <array>
#include <cerrno>

#include <fcntl.h>
#include <unistd.h>

#include "core/sys/file.h"
#include "core/wire/dot_writer.h"

namespace metka::maildir {

Owners owners_of(const InboxFolders& folders)
{
    return {.store = geteuid(), .shell = folders.shell_uid};
}

namespace {

// More than any file system compresses text. What is read for a listing is so bounded by some times the disk
// limit.
bool is_nearly_all_holes(const struct stat& status)
{
    constexpr std::int64_t block = 512, stored_elsewhere = 64 << 10, ratio = 32;
    return status.st_size > stored_elsewhere + status.st_blocks * block * ratio;
}

} // namespace

bool is_message(const struct stat& status, const Owners& owners)
{
    if (!S_ISREG(status.st_mode)) return false;
    if (status.st_uid == owners.store) return true;
    return owners.shell != 0 && status.st_uid == owners.shell && status.st_nlink == 1 &&
           !is_nearly_all_holes(status);
}

int descriptor_of(const InboxFolders& folders, Subfolder folder)
{
    return folder == Subfolder::fresh ? folders.fresh.get() : folders.seen.get();
}

std::optional<struct stat> status_at(int folder, const std::string& file)
{
    struct stat status{};
    if (fstatat(folder, file.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) return std::nullopt;
    return status;
}

bool is_readable(int folder, const std::string& file, const struct stat& status)
{
    if (status.st_uid == geteuid()) return true;
    return faccessat(folder, file.c_str(), R_OK, AT_EACCESS | AT_SYMLINK_NOFOLLOW) == 0;
}

bool is_believable(const MessageName& name, std::uint64_t size)
{
    return name.size == size && name.octets && *name.octets >= size && *name.octets - size <= size;
}

Result<std::optional<MessageFile>> open_message(Disk& disk, int folder, const std::string& file,
                                                const Owners& owners)
{
    auto opened = disk.open_message(folder, file);
    if (!opened) return pass(opened);
    const auto status = sys::status_of(opened->get());
    if (!status) return pass(status);
    if (!is_message(*status, owners)) return std::nullopt;
    return MessageFile{.descriptor = std::move(*opened),
                       .size = static_cast<std::uint64_t>(status->st_size),
                       .number = status->st_ino};
}

namespace {

bool has_last_end(const MessageFile& file)
{
    char last = '\n';
    const auto at = static_cast<off_t>(file.size) - 1;
    return file.size == 0 || (pread(file.descriptor.get(), &last, 1, at) == 1 && last == '\n');
}

} // namespace

Result<std::uint64_t> octets_sent(const MessageFile& file, const MessageName& name)
{
    if (is_believable(name, file.size) && has_last_end(file)) return *name.octets;
    return octets_sent(file);
}

Result<std::uint64_t> octets_sent(const MessageFile& file)
{
    std::array<char, 64 * 1024> piece{};
    wire::OctetCounter counter;
    for (std::uint64_t at = 0; at < file.size;) {
        const auto wanted = std::min<std::uint64_t>(piece.size(), file.size - at);
        const auto count = pread(file.descriptor.get(), piece.data(), wanted, static_cast<off_t>(at));
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return fail_errno(errno, "counting a message");
        if (count == 0) break; // it has become shorter
        counter.add({piece.data(), static_cast<std::size_t>(count)});
        at += static_cast<std::uint64_t>(count);
    }
    return counter.octets();
}

} // namespace metka::maildir
