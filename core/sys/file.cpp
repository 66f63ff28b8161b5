#include "core/sys/file.h"

#include <array>
#include <cerrno>
#include <memory>
#include <utility>

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <fmt/format.h>

#include "core/base/id.h"
#include "core/base/text.h"

namespace metka::sys {

namespace {

constexpr std::array<std::pair<int, Fault>, 6> meanings{{
    {ENOENT, Fault::not_found},
    {EEXIST, Fault::conflict},
    {EACCES, Fault::denied},
    {EPERM, Fault::denied},
    {EROFS, Fault::denied},
    {ELOOP, Fault::denied}, // a link where none may be
}};

int openat2_beneath(int folder, const char* path, int flags, mode_t mode)
{
    open_how how{};
    how.flags = static_cast<std::uint64_t>(flags) | O_CLOEXEC;
    how.mode = mode; // must be 0 unless something is made
    how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV;
    // EAGAIN: something was renamed while the kernel walked, and it could not be sure to have stayed beneath;
    // or, of a file that we do not wait for, its user holds a lease on it, and asking again does not help.
    const bool waits = (flags & O_NONBLOCK) == 0;
    for (int attempt = 0;; ++attempt) {
        const auto fd = syscall(SYS_openat2, folder, path, &how, sizeof how);
        if (fd >= 0) return static_cast<int>(fd);
        if (errno != EINTR && (errno != EAGAIN || !waits || attempt >= 100)) return -1;
    }
}

struct FolderCloser {
    void operator()(DIR* folder) const { closedir(folder); }
};

bool is_plain_name(std::string_view name)
{
    return !name.empty() && name != "." && name != ".." && name.find('/') == std::string_view::npos &&
           name.find('\0') == std::string_view::npos;
}

Result<Descriptor> make_one_folder(int folder, const std::string& name, mode_t mode)
{
    const bool made = mkdirat(folder, name.c_str(), mode) == 0;
    if (!made && errno != EEXIST) return refused(errno, "making the folder " + escaped(name));
    auto opened = open_folder_beneath(folder, name);
    // mkdir(2) takes the umask off; what was asked for is what is meant.
    if (opened && made && fchmod(opened->get(), mode) != 0)
        return refused(errno, "setting the mode of " + name);
    return opened;
}

// A name of a moment's use; if its maker dies, it stays behind and harms nothing.
std::string passing_name(const std::string& name)
{
    return fmt::format(".{}.{}", name, Id::make(SystemClock{}.now()).hex());
}

Result<void> write_new_file(int folder, const std::string& name, std::string_view content, mode_t mode)
{
    const auto file = open_beneath(folder, name, O_WRONLY | O_CREAT | O_EXCL, 0600);
    if (!file) return pass(file);
    const auto written = write_whole(file->get(), content, 0);
    if (!written) return pass(written);
    if (fchmod(file->get(), mode) != 0) return refused(errno, "setting the mode of " + escaped(name));
    return sync(file->get());
}

} // namespace

std::unexpected<Error> refused(int error_number, const std::string& doing)
{
    auto error = fail_errno(error_number, doing);
    for (const auto& [number, fault] : meanings)
        if (number == error_number) error.error().fault = fault;
    return error;
}

Result<Descriptor> open_folder(const std::string& path)
{
    Descriptor folder(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!folder) return refused(errno, "opening the folder " + escaped(path));
    return folder;
}

Result<Descriptor> open_beneath(int folder, const std::string& path, int flags, mode_t mode)
{
    if (path.find('\0') != std::string::npos)
        return fail(Fault::denied, "opening {}: a NUL in a name", escaped(path));
    Descriptor opened(openat2_beneath(folder, path.c_str(), flags, mode));
    if (opened) return opened;
    if (errno == EAGAIN && (flags & O_NONBLOCK) != 0)
        return fail(Fault::denied, "opening {}: its user holds a lease on it", escaped(path));
    return refused(errno, "opening " + escaped(path));
}

Result<Descriptor> open_folder_beneath(int folder, const std::string& path)
{
    return open_beneath(folder, path, O_RDONLY | O_DIRECTORY);
}

Result<Descriptor> make_folders_beneath(int folder, const std::string& path, mode_t mode)
{
    Descriptor deepest;
    for (const auto part : split(path, '/')) {
        if (!is_plain_name(part))
            return fail(Fault::denied, "making {}: not a path beneath its folder", escaped(path));
        auto next = make_one_folder(deepest ? deepest.get() : folder, std::string(part), mode);
        if (!next) return pass(next);
        deepest = std::move(*next);
    }
    return deepest;
}

Result<struct stat> status_of(int fd)
{
    struct stat status{};
    if (fstat(fd, &status) != 0) return refused(errno, "asking for the status of an open file");
    return status;
}

Result<void> write_whole(int fd, std::string_view bytes, std::uint64_t offset)
{
    while (!bytes.empty()) {
        const auto count = pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset));
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return refused(errno, "writing a file");
        if (count == 0) return refused(ENOSPC, "writing a file");
        bytes.remove_prefix(static_cast<std::size_t>(count));
        offset += static_cast<std::uint64_t>(count);
    }
    return {};
}

Result<std::string> read_whole(int fd, Bytes most)
{
    const auto status = status_of(fd);
    if (!status) return pass(status);
    if (!S_ISREG(status->st_mode)) return fail(Fault::invalid, "reading a file: it is not a regular file");
    std::string content;
    std::array<char, 16 * 1024> piece{};
    for (;;) {
        const auto count = pread(fd, piece.data(), piece.size(), static_cast<off_t>(content.size()));
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return refused(errno, "reading a file");
        if (count == 0) return content;
        content.append(piece.data(), static_cast<std::size_t>(count));
        if (content.size() > most.count)
            return fail(Fault::limit, "reading a file: larger than {}", most.show());
    }
}

Result<std::string> read_file(const std::string& path, Bytes most)
{
    // O_NONBLOCK: a FIFO in its place must not hold us up.
    const Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (!file) return refused(errno, "opening " + escaped(path));
    auto content = read_whole(file.get(), most);
    if (!content) return fail(content.error().fault, "{}: {}", escaped(path), content.error().text);
    return content;
}

Result<void> sync(int fd)
{
    // Never repeated: after a failed fsync(2) the kernel forgets the pages, and a second one would lie.
    if (fsync(fd) != 0) return refused(errno, "making a write durable");
    return {};
}

Result<void> replace_file(int folder, const std::string& name, std::string_view content, mode_t mode)
{
    if (!is_plain_name(name))
        return fail(Fault::denied, "replacing {}: not the name of a file", escaped(name));
    const auto passing = passing_name(name);
    auto written = write_new_file(folder, passing, content, mode);
    if (written && renameat(folder, passing.c_str(), folder, name.c_str()) != 0)
        written = refused(errno, "replacing " + escaped(name));
    if (!written) {
        unlinkat(folder, passing.c_str(), 0);
        return written;
    }
    return sync(folder);
}

Result<void> each_name_in(int folder, const std::function<void(std::string_view)>& visit)
{
    // A descriptor of its own: the caller's may be shared, and its reading place with it.
    Descriptor own(openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!own) return refused(errno, "opening a folder to list it");
    const std::unique_ptr<DIR, FolderCloser> opened(fdopendir(own.get()));
    if (!opened) return refused(errno, "opening a folder to list it");
    own.release();
    errno = 0;
    while (const auto* entry = readdir(opened.get())) {
        const std::string_view name(entry->d_name);
        if (name != "." && name != "..") visit(name);
        errno = 0;
    }
    if (errno != 0) return refused(errno, "listing a folder");
    return {};
}

Result<std::vector<std::string>> names_in(int folder)
{
    std::vector<std::string> names;
    const auto listed = each_name_in(folder, [&](std::string_view name) { names.emplace_back(name); });
    if (!listed) return pass(listed);
    return names;
}

Result<Descriptor> sealed_memory(const std::string& label, std::string_view content)
{
    Descriptor memory(memfd_create(label.c_str(), MFD_CLOEXEC | MFD_ALLOW_SEALING));
    if (!memory) return refused(errno, "making memory for " + label);
    const auto written = write_whole(memory.get(), content, 0);
    if (!written) return pass(written);
    if (fcntl(memory.get(), F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL) != 0)
        return refused(errno, "sealing memory for " + label);
    return memory;
}

} // namespace metka::sys
