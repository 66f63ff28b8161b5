#include "daemon/auth/remembered.h"

#include <cstdlib>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <sys/random.h>

namespace metka::auth {

Remembered::Remembered()
{
    if (getrandom(key_.data(), key_.size(), 0) != static_cast<ssize_t>(key_.size())) std::abort();
}

Remembered::~Remembered()
{
    OPENSSL_cleanse(key_.data(), key_.size());
}

Remembered::Digest Remembered::digest(const InboxId& account, const Secret& password,
                                      std::string_view against) const
{
    std::string message(account.bytes().begin(),
                        account.bytes().end()); // of one length: no two pairs run together
    message.reserve(message.size() + password.reveal().size() + 1 + against.size());
    message += password.reveal();
    message += '\0'; // which no password has: no two pairs run together
    message += against;
    Digest digest{};
    const auto* bytes = reinterpret_cast<const unsigned char*>(message.data());
    if (HMAC(EVP_sha256(), key_.data(), static_cast<int>(key_.size()), bytes, message.size(), digest.data(),
             nullptr) == nullptr)
        std::abort(); // no memory; a digest of zeros would match another such
    wipe(message);
    return digest;
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
