#include "daemon/metkad/machine/accounts.h"

#include <unistd.h>

#include "core/household/household.h"
#include "core/sys/log.h"
#include "daemon/metkad/machine/errand.h"

namespace metka::metkad {

namespace {

using namespace std::chrono_literals;

constexpr std::chrono::seconds short_errand = 30s;
constexpr std::chrono::seconds measuring = 10min;

std::optional<sys::Identity> becoming(const UnixUser& user)
{
    if (geteuid() != 0) return std::nullopt; // one user owns everything
    return sys::Identity{.uid = user.uid, .gid = user.gid};
}

Result<std::optional<sys::Identity>> becoming_reader(const std::string& user)
{
    if (geteuid() != 0) return std::nullopt;
    auto identity = sys::identity_of(user, {});
    if (!identity) return pass(identity);
    identity->powers = sys::Powers::reading;
    return std::optional(std::move(*identity));
}

} // namespace

asio::awaitable<Result<void>> SystemAccounts::link_maildir(UnixUser user, std::string maildir)
{
    Launch launch;
    launch.arguments = {"link", user.home, maildir};
    launch.identity = becoming(user);
    const auto linked = co_await errand_for<household::Linked>(std::move(launch), short_errand);
    if (!linked) co_return pass(linked);
    if (!linked->made)
        sys::log(sys::Level::info, "maildir.not_linked", {{"login", user.login}, {"home", user.home}});
    co_return Result<void>();
}

asio::awaitable<Result<HomeMeasure>> SystemAccounts::measure_home(UnixUser user)
{
    auto identity = becoming_reader(errand_user_);
    if (!identity) co_return pass(identity);
    Launch launch;
    launch.arguments = {"measure", user.home, std::to_string(user.uid)};
    launch.identity = std::move(*identity);
    const auto measured = co_await errand_for<household::Measured>(std::move(launch), measuring);
    if (!measured) co_return pass(measured);
    co_return HomeMeasure{.used = measured->used, .unreadable = measured->unreadable};
}

asio::awaitable<Result<void>> SystemAccounts::clear_leftovers(UnixUser user, sys::Descriptor folder)
{
    user.gid = nobody;
    if (geteuid() == 0 && user.uid < first_person)
        co_return fail(
            Fault::conflict,
            "a folder in the trash of {} belongs to uid {}, a user of the system; remove it by hand",
            user.login, user.uid);
    Launch launch;
    launch.arguments = {"clear"};
    launch.identity = becoming(user);
    launch.lock = folder.get(); // the descriptor that a program has its lock on is an errand's folder
    static_assert(household::folder_descriptor == household::lock_descriptor);
    const auto cleared = co_await errand_for<household::Cleared>(std::move(launch), short_errand);
    if (!cleared) co_return pass(cleared);
    if (cleared->left != 0)
        co_return fail(Fault::conflict, "{} files or folders of {} in the trash could not be removed",
                       cleared->left, user.login);
    co_return Result<void>();
}

} // namespace metka::metkad
