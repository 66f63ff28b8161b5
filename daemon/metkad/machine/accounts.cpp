#include "daemon/metkad/machine/accounts.h"

#include <array>
#include <cerrno>
#include <vector>

#include <asio/thread_pool.hpp>
#include <asio/use_awaitable.hpp>
#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/net/aside.h"
#include "core/sys/child.h"
#include "core/sys/file.h"

namespace metka::metkad {

namespace {

constexpr std::size_t lookup_room = std::size_t{64} * 1024;
constexpr std::uint32_t first_person = 1000; // below are users of the system (login.defs(5), UID_MIN)
constexpr std::uint32_t nobody = 65534;

// Whether nobody else is in the user's primary group, as far as the group itself says.
Result<bool> has_private_group(const UnixUser& user)
{
    group entry{};
    group* found = nullptr;
    std::vector<char> room(lookup_room);
    const int failed = getgrgid_r(user.gid, &entry, room.data(), room.size(), &found);
    if (failed != 0) return fail_errno(failed, "looking up the group of " + user.login);
    if (found == nullptr || user.login != found->gr_name) return false;
    for (char** member = found->gr_mem; *member != nullptr; ++member)
        if (user.login != *member) return false;
    return true;
}

Result<void> give(int folder, std::uint32_t gid, mode_t mode)
{
    if (fchown(folder, static_cast<uid_t>(-1), gid) != 0)
        return fail_errno(errno, "giving a Maildir its group");
    if (fchmod(folder, mode) != 0) return fail_errno(errno, "giving a Maildir its mode");
    return {};
}

} // namespace

struct SystemAccounts::Aside {
    asio::thread_pool pool{1};
};

SystemAccounts::SystemAccounts() : aside_(std::make_unique<Aside>()) {}
SystemAccounts::~SystemAccounts() = default;

Result<std::optional<UnixUser>> SystemAccounts::find(const std::string& login) const
{
    passwd entry{};
    passwd* found = nullptr;
    std::vector<char> room(lookup_room);
    const int failed = getpwnam_r(login.c_str(), &entry, room.data(), room.size(), &found);
    if (failed != 0) return fail_errno(failed, "looking up the Unix user " + login);
    if (found == nullptr) return std::optional<UnixUser>();
    return std::optional(UnixUser{.login = login, .uid = found->pw_uid, .gid = found->pw_gid});
}

Result<void> SystemAccounts::may_create() const
{
    if (geteuid() == 0) return {};
    return fail(Fault::denied,
                "this metkad does not run as root and cannot create Unix users; adopt the user it runs "
                "as, with --adopt");
}

Result<void> SystemAccounts::may_adopt(const UnixUser& user) const
{
    if (geteuid() != 0 && user.uid == geteuid()) return {};
    if (geteuid() != 0)
        return fail(Fault::denied,
                    "this metkad does not run as root and can adopt no Unix user but the one it runs as "
                    "(uid {})",
                    geteuid());
    if (user.uid < first_person || user.uid == nobody)
        return fail(Fault::invalid,
                    "{} (uid {}) is a user of the system, not a person; adopt one with a uid of {} or "
                    "more",
                    user.login, user.uid, first_person);
    const auto alone = has_private_group(user);
    if (!alone) return pass(alone);
    if (*alone) return {};
    return fail(Fault::conflict,
                "the primary group of {0} is not {0}'s own, so others could read the inbox; give {0} a "
                "group named {0} first (usermod -g)",
                user.login);
}

// On the thread aside; the caller's coroutine goes on in its own event loop.
asio::awaitable<Result<int>> SystemAccounts::run_aside(std::string path, std::vector<std::string> arguments)
{
    auto work = [path = std::move(path), arguments = std::move(arguments)] {
        return sys::run(path, arguments);
    };
    auto status = co_await net::run_aside(aside_->pool, std::move(work));
    co_return status;
}

asio::awaitable<Result<UnixUser>> SystemAccounts::create(std::string login)
{
    std::vector<std::string> arguments{"--create-home", "--user-group", "--shell", "/bin/bash", login};
    const auto status = co_await run_aside("/usr/sbin/useradd", std::move(arguments));
    if (!status) co_return pass(status);
    if (*status != 0)
        co_return fail(Fault::io,
                       "useradd could not create the Unix user {}: it ended with status {} (useradd(8))",
                       login, *status);
    const auto made = find(login);
    if (!made) co_return pass(made);
    if (!*made) co_return fail(Fault::internal, "useradd created {}, but nobody finds that user", login);
    co_return **made;
}

asio::awaitable<Result<void>> SystemAccounts::remove(std::string login)
{
    std::vector<std::string> arguments{"--remove", login};
    const auto status = co_await run_aside("/usr/sbin/userdel", std::move(arguments));
    if (!status) co_return pass(status);
    if (*status == 8)
        co_return fail(Fault::conflict,
                       "the Unix user {} is logged in or has processes; end them, then run userdel", login);
    constexpr int no_mail_spool = 12; // userdel(8): no home or spool to remove; the user is gone
    if (*status != 0 && *status != no_mail_spool)
        co_return fail(Fault::io,
                       "userdel could not remove the Unix user {}: it ended with status {} (userdel(8))",
                       login, *status);
    co_return Result<void>();
}

Result<void> SystemAccounts::share(const UnixUser& user, const sys::Descriptor& maildir) const
{
    if (geteuid() != 0) return {}; // one user owns everything
    const auto shared = give(maildir.get(), user.gid, 02750);
    if (!shared) return shared;
    for (const char* const name : {"new", "cur", "tmp"}) {
        const auto folder = sys::open_folder_beneath(maildir.get(), name);
        if (!folder) return pass(folder);
        const auto given = give(folder->get(), user.gid, 02770);
        if (!given) return given;
    }
    return {};
}

} // namespace metka::metkad
