#include "daemon/auth/keyed_digest.h"

#include <cstdlib>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <sys/random.h>

namespace metka::auth {

namespace {

// No memory, or no SHA-256; a digest of zeros would match another such.
void must(bool is_done)
{
    if (!is_done) std::abort();
}

void add(EVP_MAC_CTX* context, const void* bytes, std::size_t size)
{
    must(EVP_MAC_update(context, static_cast<const unsigned char*>(bytes), size) == 1);
}

} // namespace

void DigestKey::Freed::operator()(EVP_MAC_CTX* context) const
{
    EVP_MAC_CTX_free(context);
}

DigestKey::DigestKey()
{
    auto* const algorithm = EVP_MAC_fetch(nullptr, OSSL_MAC_NAME_HMAC, nullptr);
    keyed_.reset(EVP_MAC_CTX_new(algorithm));
    EVP_MAC_free(algorithm);
    std::array<unsigned char, 32> key{};
    must(keyed_ && getrandom(key.data(), key.size(), 0) == static_cast<ssize_t>(key.size()));
    std::array<char, 7> hash{"SHA256"};
    const std::array<OSSL_PARAM, 2> parameters{
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, hash.data(), 0), OSSL_PARAM_construct_end()};
    must(EVP_MAC_init(keyed_.get(), key.data(), key.size(), parameters.data()) == 1);
    OPENSSL_cleanse(key.data(), key.size());
}

DigestKey::Digest DigestKey::digest(std::initializer_list<std::string_view> parts) const
{
    must(EVP_MAC_init(keyed_.get(), nullptr, 0, nullptr) == 1); // anew, with the same key
    for (const auto part : parts) {
        const std::size_t length = part.size();
        add(keyed_.get(), &length, sizeof length);
        add(keyed_.get(), part.data(), part.size());
    }
    Digest digest{};
    std::size_t size = 0;
    must(EVP_MAC_final(keyed_.get(), digest.data(), &size, digest.size()) == 1 && size == digest.size());
    return digest;
}

} // namespace metka::auth
