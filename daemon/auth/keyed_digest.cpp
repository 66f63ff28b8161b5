#include "daemon/auth/keyed_digest.h"

#include <cstdlib>
#include <string>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <sys/random.h>

#include "core/base/secret.h"

namespace metka::auth {

DigestKey::DigestKey()
{
    if (getrandom(key_.data(), key_.size(), 0) != static_cast<ssize_t>(key_.size())) std::abort();
}

DigestKey::~DigestKey()
{
    OPENSSL_cleanse(key_.data(), key_.size());
}

DigestKey::Digest DigestKey::digest(std::initializer_list<std::string_view> parts) const
{
    std::size_t size = 0;
    for (const auto part : parts)
        size += sizeof(std::size_t) + part.size();
    std::string message;
    message.reserve(size); // a password is not left behind in memory that was outgrown
    for (const auto part : parts) {
        const std::size_t length = part.size();
        message.append(reinterpret_cast<const char*>(&length), sizeof length);
        message += part;
    }
    Digest digest{};
    if (HMAC(EVP_sha256(), key_.data(), static_cast<int>(key_.size()),
             reinterpret_cast<const unsigned char*>(message.data()), message.size(), digest.data(),
             nullptr) == nullptr)
        std::abort(); // no memory; a digest of zeros would match another such
    wipe(message);
    return digest;
}

} // namespace metka::auth
