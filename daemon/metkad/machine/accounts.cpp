#include "daemon/metkad/machine/accounts.h"

#include <array>
#include <cerrno>
#include <vector>

#include <asio/thread_pool.hpp>
#include <asio/use_awaitable.hpp>
#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "core/net/aside.h"
#include "core/sys/child.h"
#include "core/sys/file.h"

namespace metka::metkad {

namespace {

constexpr std::size_t lookup_room = std::size_t{64} * 1024;

constexpr unsigned long btrfs_magic = 0x9123683E;

// The tools' exit statuses that mean something to whoever asked (useradd(8), usermod(8), userdel(8)).
constexpr int in_use = 8;         // logged in, or with processes
constexpr int name_taken = 9;     // of a user or a group
constexpr int no_mail_spool = 12; // of userdel: no home or spool to remove; the user is gone

// Another member of the group, as far as the group itself says; empty: none.
Result<std::string> other_member(const UnixUser& user)
{
    group entry{};
    group* found = nullptr;
    std::vector<char> room(lookup_room);
    const int failed = getgrgid_r(user.gid, &entry, room.data(), room.size(), &found);
    if (failed != 0) return fail_errno(failed, "looking up the group of " + user.login);
    if (found == nullptr) return std::string();
    for (char** member = found->gr_mem; *member != nullptr; ++member)
        if (user.login != *member) return std::string(*member);
    return std::string();
}

// Another user whose primary group it is: those stand in no list of members.
Result<std::string> other_user_of_group(const UnixUser& user)
{
    std::string other;
    std::vector<char> room(lookup_room);
    passwd entry{};
    passwd* found = nullptr;
    int failed = 0;
    setpwent();
    while (other.empty() && (failed = getpwent_r(&entry, room.data(), room.size(), &found)) == 0)
        if (found->pw_gid == user.gid && found->pw_uid != user.uid) other = found->pw_name;
    endpwent();
    if (failed != 0 && failed != ENOENT) return fail_errno(failed, "walking through the Unix users");
    return other;
}

Result<void> check_own_group(const UnixUser& user)
{
    auto other = other_member(user);
    if (!other) return pass(other);
    if (other->empty()) other = other_user_of_group(user);
    if (!other) return pass(other);
    if (!other->empty())
        return fail(
            Fault::conflict,
            "{1} is in the primary group of {0} too, and could read the inbox; give {0} a group of its "
            "own first (groupadd, usermod -g)",
            user.login, *other);
    if (user.gid >= first_person && user.gid != nobody) return {};
    return fail(
        Fault::conflict,
        "the primary group of {0} (gid {1}) is one of the system, which others may join and then read "
        "the inbox; give {0} a group of its own first (groupadd, usermod -g)",
        user.login, user.gid);
}

bool is_on_btrfs(const std::string& folder)
{
    struct statfs status{};
    return statfs(folder.c_str(), &status) == 0 && static_cast<unsigned long>(status.f_type) == btrfs_magic;
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

SystemAccounts::SystemAccounts(const settings::Settings& settings)
    : settings_(settings), errand_user_(settings.users_errand), aside_(std::make_unique<Aside>())
{
}
SystemAccounts::~SystemAccounts() = default;

Result<std::optional<UnixUser>> SystemAccounts::find(const std::string& login) const
{
    passwd entry{};
    passwd* found = nullptr;
    std::vector<char> room(lookup_room);
    const int failed = getpwnam_r(login.c_str(), &entry, room.data(), room.size(), &found);
    if (failed != 0) return fail_errno(failed, "looking up the Unix user " + login);
    if (found == nullptr) return std::optional<UnixUser>();
    return std::optional(
        UnixUser{.login = login, .uid = found->pw_uid, .gid = found->pw_gid, .home = found->pw_dir});
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
    return check_own_group(user);
}

// On the thread aside; the caller's coroutine goes on in its own event loop.
asio::awaitable<Result<int>> SystemAccounts::run_aside(std::string path, std::vector<std::string> arguments,
                                                       Secret input)
{
    auto work = [path = std::move(path), arguments = std::move(arguments), input = std::move(input)] {
        return sys::run(path, arguments, input);
    };
    auto status = co_await net::run_aside(aside_->pool, std::move(work));
    co_return status;
}

asio::awaitable<Result<UnixUser>> SystemAccounts::create(std::string login)
{
    const auto& homes = settings_.accounts_home_folder;
    std::vector<std::string> arguments{"--create-home", "--base-dir", homes,
                                       "--user-group",  "--shell",    "/bin/bash"};
    if (is_on_btrfs(homes)) arguments.emplace_back("--btrfs-subvolume-home");
    arguments.push_back(login);
    const auto status = co_await run_aside("/usr/sbin/useradd", std::move(arguments), Secret());
    if (!status) co_return pass(status);
    if (*status == name_taken)
        co_return fail(Fault::conflict, "there is a Unix user or group {} already (useradd(8))", login);
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
    const auto status = co_await run_aside("/usr/sbin/userdel", std::move(arguments), Secret());
    if (!status) co_return pass(status);
    if (*status == in_use)
        co_return fail(Fault::conflict,
                       "the Unix user {} is logged in or has processes; end them, then run userdel", login);
    if (*status != 0 && *status != no_mail_spool)
        co_return fail(Fault::io,
                       "userdel could not remove the Unix user {}: it ended with status {} (userdel(8))",
                       login, *status);
    co_return Result<void>();
}

// The home and the private group keep their names: to move them is more than usermod's --login can undo.
asio::awaitable<Result<void>> SystemAccounts::rename(std::string login, std::string to)
{
    if (geteuid() != 0)
        co_return fail(Fault::denied, "this metkad does not run as root and cannot rename Unix users");
    std::vector<std::string> arguments{"--login", to, login};
    const auto status = co_await run_aside("/usr/sbin/usermod", std::move(arguments), Secret());
    if (!status) co_return pass(status);
    if (*status == in_use)
        co_return fail(Fault::conflict, "the Unix user {} is logged in or has processes; end them first",
                       login);
    if (*status == name_taken) co_return fail(Fault::conflict, "there is a Unix user {} already", to);
    if (*status != 0)
        co_return fail(Fault::io,
                       "usermod could not rename the Unix user {}: it ended with status {} (usermod(8))",
                       login, *status);
    co_return Result<void>();
}

bool SystemAccounts::have_unix_passwords() const
{
    return geteuid() == 0;
}

asio::awaitable<Result<void>> SystemAccounts::set_password(std::string login, Secret password)
{
    const auto bytes = password.reveal();
    if (bytes.empty() || bytes.find_first_of(std::string_view("\n\r\0", 3)) != std::string_view::npos)
        co_return fail_field(
            "password",
            fail(Fault::invalid, "the password of a Unix user is one line that is not empty").error());
    auto line = fmt::format("{}:", login);
    line.reserve(line.size() + bytes.size() + 1); // so that no part of it stays behind in another place
    line += bytes;
    line += '\n';
    std::vector<std::string> none;
    const auto status =
        co_await run_aside("/usr/sbin/chpasswd", std::move(none), Secret::take(std::move(line)));
    if (!status) co_return pass(status);
    if (*status != 0)
        co_return fail(Fault::io,
                       "chpasswd could not set the password of the Unix user {}: it ended with status {} "
                       "(chpasswd(8))",
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
