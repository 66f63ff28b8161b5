#pragma once
// HMAC-SHA-256 under a key of this process's own: what is remembered of passwords is worth nothing outside
// it.

#include <array>
#include <initializer_list>
#include <string_view>

namespace metka::auth {

class DigestKey {
  public:
    using Digest = std::array<unsigned char, 32>;

    DigestKey();
    ~DigestKey();
    DigestKey(const DigestKey&) = delete;
    DigestKey& operator=(const DigestKey&) = delete;

    // Of several parts in their order: other parts that run together to the same text have another digest.
    Digest digest(std::initializer_list<std::string_view> parts) const;

  private:
    std::array<unsigned char, 32> key_{};
};

} // namespace metka::auth
