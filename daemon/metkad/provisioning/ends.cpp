#include "daemon/metkad/provisioning/ends.h"

#include "core/sys/file.h"

namespace metka::metkad {

namespace {

directory::AuditEntry entry_of(Office& office, const Removed& removed)
{
    return {.at = office.clock.now(),
            .actor_uid = office.own_uid,
            .actor = "metkad",
            .acting_as = {},
            .verb = "purge",
            .subject = removed.login,
            .before = {},
            .after = {}};
}

} // namespace

Result<CustomerId> customer_of(Office& office, const InboxId& inbox)
{
    const auto mailbox = office.registry.mailbox(inbox);
    if (!mailbox) return pass(mailbox);
    if (*mailbox) return (*mailbox)->customer;
    const auto shell = office.registry.shell_account(inbox);
    if (!shell) return pass(shell);
    if (*shell) return (*shell)->customer;
    return fail(Fault::internal, "the inbox {} belongs to nobody", inbox.hex());
}

namespace {

// By the uid the account had: the user of that name may be another one by now, or none. What anybody else
// owns was moved in there, and is not ours to delete.
asio::awaitable<Result<void>> empty_as_its_owner(Office& office, const Removed& removed,
                                                 sys::Descriptor folder)
{
    const auto status = sys::status_of(folder.get());
    if (!status) co_return pass(status);
    if (removed.uid == 0 || status->st_uid != removed.uid)
        co_return fail(Fault::conflict,
                       "a folder in the trash of {} belongs to uid {}; look at it, and remove it by hand",
                       removed.login, status->st_uid);
    const UnixUser owner{.login = removed.login, .uid = status->st_uid, .gid = status->st_gid, .home = {}};
    auto cleared = co_await office.unix_accounts.clear_leftovers(owner, std::move(folder));
    co_return cleared;
}

// The user may have closed many folders; those that are over the number wait for the next sweep.
asio::awaitable<Result<void>> remove_tree(Office& office, const Removed& removed)
{
    constexpr int most_folders = 200;
    for (int emptied = 0; emptied < most_folders; ++emptied) {
        auto left = co_await office.trees.remove(place_of(removed));
        if (!left) co_return pass(left);
        if (!*left) co_return Result<void>();
        const auto cleared = co_await empty_as_its_owner(office, removed, std::move(**left));
        if (!cleared) co_return cleared;
    }
    co_return fail(Fault::unavailable, "{} folders of {} in the trash were emptied, and there are more",
                   most_folders, removed.login);
}

} // namespace

asio::awaitable<Result<void>> purge_tree(Office& office, Removed removed)
{
    if (removed.is_shell) {
        ShellAccount shell;
        shell.id = removed.id;
        shell.login = removed.login;
        shell.uid = removed.uid;
        const auto unfenced = office.fences.remove(shell);
        if (!unfenced) co_return unfenced;
    }
    const auto gone = co_await remove_tree(office, removed);
    if (!gone) co_return gone;
    auto entry = entry_of(office, removed);
    co_return office.registry.change(
        entry, [&](directory::Changes& changes) { return changes.forget_removed(removed.id); });
}

} // namespace metka::metkad
