#include "daemon/metkad/engine/instance.h"

#include <array>
#include <cerrno>
#include <chrono>
#include <thread>

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/text.h"
#include "core/sys/file.h"
#include "core/sys/log.h"

namespace metka::metkad {

namespace {

using namespace std::chrono_literals;
using settings::Settings;

struct FolderRow {
    const char* path;
    mode_t mode;
    std::string Settings::* owner; // none: root
    std::string Settings::* group; // none: the owner's
};
constexpr std::array<FolderRow, 5> folders{{
    {"directory", 0750, nullptr, &Settings::users_directory_group},
    {"secrets", 0700, &Settings::users_auth, nullptr},
    {"mail", 0711, &Settings::users_store, nullptr},
    {"store", 0700, &Settings::users_store, nullptr},
    {"generations", 0755, nullptr, nullptr},
}};

constexpr auto dying_patience = 1s; // a metkad that was killed a moment ago still closes its files
constexpr auto lock_patience = 35s; // what an orphaned child gives itself, and a little

struct Owner {
    uid_t uid = 0;
    gid_t gid = 0;
};

Result<Owner> owner_of(const Settings& settings, const FolderRow& row)
{
    Owner owner;
    if (row.owner != nullptr) {
        const auto* const user = getpwnam((settings.*row.owner).c_str());
        if (user == nullptr) return fail(Fault::invalid, "there is no system user {}", settings.*row.owner);
        owner = {.uid = user->pw_uid, .gid = user->pw_gid};
    }
    if (row.group != nullptr) {
        const auto* const group = getgrnam((settings.*row.group).c_str());
        if (group == nullptr) return fail(Fault::invalid, "there is no system group {}", settings.*row.group);
        owner.gid = group->gr_gid;
    }
    return owner;
}

std::unexpected<Error> not_writable(std::string_view folder, const Error& error)
{
    return fail(Fault::denied, "the state folder {} cannot be used ({}); its owner must be {}", folder,
                error.text, runs_as_root() ? "root" : "the user metkad runs as");
}

Result<void> make_folder(int state, const Settings& settings, const FolderRow& row)
{
    const auto folder = sys::make_folders_beneath(state, row.path, row.mode);
    if (!folder) return not_writable(settings.state_folder, folder.error());
    if (runs_as_root()) {
        const auto owner = owner_of(settings, row);
        if (!owner) return pass(owner);
        if (fchown(folder->get(), owner->uid, owner->gid) != 0) return fail_errno(errno, row.path);
    }
    if (fchmod(folder->get(), row.mode) != 0) return fail_errno(errno, row.path);
    return {};
}

Result<sys::Descriptor> open_lock(int state_folder, const char* name)
{
    sys::Descriptor lock(openat(state_folder, name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!lock) return fail_errno(errno, fmt::format("opening {}", name));
    return lock;
}

// False: somebody held it all the time.
Result<bool> is_locked_within(int lock, std::chrono::milliseconds patience, const char* waited_for)
{
    const auto until = std::chrono::steady_clock::now() + patience;
    bool said = false;
    while (flock(lock, LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK) return fail_errno(errno, "locking the instance");
        if (std::chrono::steady_clock::now() > until) return false;
        if (!std::exchange(said, true)) sys::log(sys::Level::info, "instance.waits", {{"for", waited_for}});
        std::this_thread::sleep_for(20ms);
    }
    return true;
}

Result<sys::Descriptor> take_own_lock(int state_folder)
{
    auto lock = open_lock(state_folder, "metkad.lock");
    if (!lock) return lock;
    const auto locked = is_locked_within(lock->get(), dying_patience, "an earlier metkad");
    if (!locked) return pass(locked);
    if (!*locked) {
        const auto holder = sys::read_whole(lock->get(), 64_KiB);
        return fail(Fault::conflict, "another metkad (pid {}) runs this instance",
                    holder ? trim(*holder) : "unknown");
    }
    if (ftruncate(lock->get(), 0) != 0) return fail_errno(errno, "writing metkad.lock");
    const auto written = sys::write_whole(lock->get(), fmt::format("{}\n", getpid()), 0);
    if (!written) return pass(written);
    return lock;
}

Result<sys::Descriptor> take_shared_lock(int state_folder)
{
    auto lock = open_lock(state_folder, "instance.lock");
    if (!lock) return lock;
    const auto locked = is_locked_within(lock->get(), lock_patience, "programs of an earlier metkad");
    if (!locked) return pass(locked);
    if (!*locked)
        return fail(Fault::conflict,
                    "programs of an earlier metkad still hold instance.lock; end them first");
    return lock;
}

} // namespace

bool runs_as_root()
{
    return geteuid() == 0;
}

Result<sys::Descriptor> make_folders(const Settings& settings)
{
    if (mkdir(settings.state_folder.c_str(), 0755) != 0 && errno != EEXIST)
        return not_writable(settings.state_folder, fail_errno(errno, "mkdir").error());
    auto state = sys::open_folder(settings.state_folder);
    if (!state) return not_writable(settings.state_folder, state.error());
    if (faccessat(state->get(), ".", W_OK | X_OK, AT_EACCESS) != 0)
        return not_writable(settings.state_folder, fail_errno(errno, "writing there").error());
    for (const auto& row : folders) {
        const auto made = make_folder(state->get(), settings, row);
        if (!made) return pass(made);
    }
    return state;
}

Result<InstanceLocks> lock_instance(int state_folder)
{
    auto own = take_own_lock(state_folder);
    if (!own) return pass(own);
    auto shared = take_shared_lock(state_folder);
    if (!shared) return pass(shared);
    return InstanceLocks{.own = std::move(*own), .shared = std::move(*shared)};
}

} // namespace metka::metkad
