#include "daemon/metkad/provisioning/caller.h"

#include <algorithm>
#include <vector>

#include <grp.h>
#include <pwd.h>
#include <unistd.h>

namespace metka::metkad {

namespace {

constexpr std::size_t lookup_room = std::size_t{64} * 1024;

} // namespace

std::optional<std::string> SystemUsers::name_of(std::uint32_t uid) const
{
    passwd entry{};
    passwd* found = nullptr;
    std::vector<char> room(lookup_room);
    if (getpwuid_r(uid, &entry, room.data(), room.size(), &found) != 0 || found == nullptr)
        return std::nullopt;
    return std::string(found->pw_name);
}

bool SystemUsers::is_member(const std::string& user, const std::string& group) const
{
    ::group group_entry{};
    ::group* found_group = nullptr;
    std::vector<char> group_room(lookup_room);
    if (getgrnam_r(group.c_str(), &group_entry, group_room.data(), group_room.size(), &found_group) != 0 ||
        found_group == nullptr)
        return false;
    passwd entry{};
    passwd* found = nullptr;
    std::vector<char> room(lookup_room);
    if (getpwnam_r(user.c_str(), &entry, room.data(), room.size(), &found) != 0 || found == nullptr)
        return false;
    int count = 1024;
    std::vector<gid_t> groups(static_cast<std::size_t>(count));
    if (getgrouplist(user.c_str(), found->pw_gid, groups.data(), &count) < 0) return false;
    groups.resize(static_cast<std::size_t>(count));
    return std::ranges::find(groups, found_group->gr_gid) != groups.end();
}

Result<Caller> identify(std::uint32_t uid, const Administrators& administrators, const UserDatabase& users,
                        directory::Registry& registry)
{
    const auto name = users.name_of(uid);
    Caller caller{.uid = uid, .name = name.value_or(fmt::to_string(uid))};
    if (name) {
        auto account = registry.shell_account(*name);
        if (!account) return pass(account);
        if (*account && (*account)->uid == uid) caller.account = std::move(**account);
    }
    const bool member = name && !administrators.group.empty() && users.is_member(*name, administrators.group);
    if (uid == 0 || uid == administrators.own_uid || member)
        caller.is = Caller::Is::administrator;
    else if (caller.account)
        caller.is = Caller::Is::shell_account;
    return caller;
}

Result<Caller> in_place_of(Caller caller, const std::string& login, directory::Registry& registry)
{
    if (caller.is != Caller::Is::administrator)
        return fail(Fault::denied, "{} may not act in the place of another account; administrators may",
                    caller.name);
    auto account = registry.shell_account(login);
    if (!account) return pass(account);
    if (!*account)
        return fail(Fault::not_found, "there is no shell account {}; `metkactl shell list` shows all", login);
    caller.is = Caller::Is::shell_account;
    caller.account = std::move(**account);
    caller.acting_as = login;
    return caller;
}

Result<void> may_ask(const Caller& caller, const control::Verb& verb)
{
    const bool is_administrator = caller.is == Caller::Is::administrator;
    if (verb.who == control::Who::anyone) return {};
    if (verb.who == control::Who::self && caller.account) return {};
    if (verb.who == control::Who::self && is_administrator)
        return fail(Fault::denied, "{} has no shell account of its own; say --as LOGIN for whose it is",
                    caller.name);
    if (verb.who == control::Who::administrator && is_administrator) return {};
    if (!caller.acting_as.empty())
        return fail(Fault::denied, "shell account {} may not ask for {}; leave --as out to ask as {}",
                    caller.acting_as, verb.method(), caller.name);
    if (verb.who == control::Who::self)
        return fail(Fault::denied, "{} may not ask for {}; shell accounts and administrators may",
                    caller.name, verb.method());
    return fail(Fault::denied, "{} may not ask for {}; root and the members of the administrators' group may",
                caller.name, verb.method());
}

} // namespace metka::metkad
