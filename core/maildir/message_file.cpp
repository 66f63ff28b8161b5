#include "core/maildir/message_file.h"

#include <array>
#include <cerrno>

#include <fcntl.h>
#include <unistd.h>

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

Result<std::uint64_t> octets_sent(int file)
{
    std::array<char, 64 * 1024> piece{};
    std::uint64_t size = 0, lines = 0;
    char last = '\n';
    for (;;) {
        const auto count = pread(file, piece.data(), piece.size(), static_cast<off_t>(size));
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return fail_errno(errno, "counting a message");
        if (count == 0) return size + lines + (last == '\n' ? 0 : 2);
        for (const char byte : std::string_view(piece.data(), static_cast<std::size_t>(count))) {
            if (byte == '\n' && last != '\r') ++lines;
            last = byte;
        }
        size += static_cast<std::uint64_t>(count);
    }
}

} // namespace metka::maildir
