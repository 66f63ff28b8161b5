#pragma once
// HMAC-SHA-256 under a key of this process's own: what is remembered of passwords is worth nothing outside
// it. One thread.

#include <array>
#include <initializer_list>
#include <memory>
#include <string_view>

#include <openssl/types.h>

namespace metka::auth {

class DigestKey {
  public:
    using Digest = std::array<unsigned char, 32>;

    DigestKey();
    ~DigestKey() = default;
    DigestKey(const DigestKey&) = delete;
    DigestKey& operator=(const DigestKey&) = delete;

    // Of several parts in their order: other parts that run together to the same text have another digest.
    Digest digest(std::initializer_list<std::string_view> parts) const;

  private:
    struct Freed {
        void operator()(EVP_MAC_CTX* context) const; // wipes the key
    };
    std::unique_ptr<EVP_MAC_CTX, Freed> keyed_; // made once: to find the algorithm costs more than to use it
};

} // namespace metka::auth
