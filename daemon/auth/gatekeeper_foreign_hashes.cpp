// Hashes that were made elsewhere, and become ours with the first log-in.

#include "core/net/spawn.h"
#include "core/sys/log.h"
#include "daemon/auth/gatekeeper.h"

namespace metka::auth {

void Gatekeeper::replace_foreign_hash(const Openable& opened, const Secret& password,
                                      const asio::any_io_executor& loop)
{
    const bool is_of_unix = unix_users_ != nullptr && opened.account->kind == directory::InboxKind::shell;
    if (is_of_unix || hashes_.hasher().is_ours(opened.main->hash)) return;
    if (!hashed_anew_.insert(opened.account->id).second) return;
    net::spawn(loop, hash_anew(opened.account->id, opened.main->hash, Secret(password.reveal())),
               "a hash from elsewhere");
}

// If it cannot be done now, then after another log-in.
asio::awaitable<void> Gatekeeper::hash_anew(InboxId account, std::string foreign, Secret password)
{
    struct UnderWay {
        std::unordered_set<InboxId>& all;
        InboxId account;
        ~UnderWay() { all.erase(account); }
    } const under_way{hashed_anew_, account};
    const auto ours = co_await hashes_.hash(password);
    if (!ours) co_return;
    const auto replaced = secrets_.replace(account, foreign, *ours);
    if (!replaced)
        sys::log(sys::Level::warning, "auth.not_rehashed",
                 {{"account", account.hex()}, {"why", replaced.error().text}});
    else if (*replaced)
        trials_.replace(account, password, *ours);
}

bool Gatekeeper::opens_anew(const Openable& then, const Openable& now, const Secret& password) const
{
    if (!then.account || !now.account || then.account->id != now.account->id) return false;
    if (then.app_password || !then.main || !now.main) return false;
    return !hashes_.hasher().is_ours(then.main->hash) &&
           trials_.remembers(now.account->id, password, now.main->version);
}

} // namespace metka::auth
