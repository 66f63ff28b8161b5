#include "daemon/auth/remembered.h"

#include <openssl/crypto.h>

namespace metka::auth {

DigestKey::Digest Remembered::digest(const InboxId& account, const Secret& password,
                                     std::string_view against) const
{
    const std::string_view id(reinterpret_cast<const char*>(account.bytes().data()), account.bytes().size());
    return key_.digest({id, password.reveal(), against});
}

bool Remembered::knows(const InboxId& account, const Secret& password, std::string_view against,
                       Time now) const
{
    const auto found = entries_.find(account);
    if (found == entries_.end() || now >= found->second.until) return false;
    const auto given = digest(account, password, against);
    return CRYPTO_memcmp(given.data(), found->second.digest.data(), given.size()) == 0;
}

void Remembered::note(const InboxId& account, const Secret& password, std::string_view against, Time now,
                      std::uint64_t changes_before)
{
    if (changes_before != changes_) return;
    if (entries_.size() >= most) make_room(now);
    entries_.insert_or_assign(account,
                              Entry{.digest = digest(account, password, against), .until = now + lasts});
}

void Remembered::make_room(Time now)
{
    std::erase_if(entries_, [&](const auto& each) { return now >= each.second.until; });
    if (entries_.size() >= most) entries_.clear();
}

void Remembered::forget(const InboxId& account)
{
    ++changes_;
    entries_.erase(account);
}

} // namespace metka::auth
