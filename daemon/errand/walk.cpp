#include "daemon/errand/walk.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace metka::errand {

namespace {

struct Level {
    sys::Descriptor folder;
    std::string name;
    off_t place = 0; // from where its entries are read on
};

struct Entry { // linux_dirent64
    std::uint64_t inode;
    std::int64_t next;
    std::uint16_t length;
    unsigned char type;
    char name[1];
};

bool is_self_or_parent(const char* name)
{
    return std::strcmp(name, ".") == 0 || std::strcmp(name, "..") == 0;
}

sys::Descriptor open_below(int folder, const char* name)
{
    open_how how{};
    how.flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
    how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV;
    return sys::Descriptor(static_cast<int>(syscall(SYS_openat2, folder, name, &how, sizeof how)));
}

class Walk {
  public:
    Walk(Visitor& visitor, std::size_t most_levels) : visitor_(visitor), most_levels_(most_levels) {}

    void begin(const sys::Descriptor& folder)
    {
        sys::Descriptor own = open_below(folder.get(), "."); // its reading place is its own
        if (!own) return visitor_.refused(errno);
        levels_.push_back({.folder = std::move(own)});
        while (!levels_.empty())
            read_on();
    }

  private:
    // Until a folder is met, which is gone into at once, or the end.
    void read_on()
    {
        auto& level = levels_.back();
        if (lseek(level.folder.get(), level.place, SEEK_SET) < 0) return leave(errno);
        const auto got = syscall(SYS_getdents64, level.folder.get(), block_.data(), block_.size());
        if (got <= 0) return leave(got < 0 ? errno : 0);
        for (long at = 0; at < got;) {
            const auto* const entry = reinterpret_cast<const Entry*>(block_.data() + at);
            at += entry->length;
            level.place = entry->next;
            if (!is_self_or_parent(entry->name) && has_entered(entry->name)) return; // `level` is gone
        }
    }

    bool has_entered(const char* name)
    {
        const int folder = levels_.back().folder.get();
        struct stat status{};
        if (fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT) != 0) {
            if (errno != ENOENT) visitor_.refused(errno);
            return false;
        }
        if (!S_ISDIR(status.st_mode)) {
            visitor_.file(folder, name, status);
            return false;
        }
        visitor_.folder(folder, name);
        sys::Descriptor inner;
        errno = EMFILE;
        if (levels_.size() < most_levels_) inner = open_below(folder, name);
        if (!inner) {
            refuse(folder, name, errno);
            return false;
        }
        levels_.push_back({.folder = std::move(inner), .name = name});
        return true;
    }

    void refuse(int folder, const char* name, int error_number)
    {
        if (error_number == EXDEV || error_number == ENOENT) return; // a mount is not ours; gone meanwhile
        visitor_.refused(error_number);
        visitor_.left(folder, name);
    }

    void leave(int error_number)
    {
        if (error_number != 0) visitor_.refused(error_number);
        const auto done = std::move(levels_.back());
        levels_.pop_back();
        if (!levels_.empty()) visitor_.left(levels_.back().folder.get(), done.name);
    }

    Visitor& visitor_;
    std::size_t most_levels_;
    std::vector<Level> levels_;
    alignas(8) std::array<char, std::size_t{32} * 1024> block_{};
};

} // namespace

void walk(const sys::Descriptor& folder, Visitor& visitor, std::size_t most_levels)
{
    Walk(visitor, most_levels).begin(folder);
}

} // namespace metka::errand
