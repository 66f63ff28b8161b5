#include "core/base/secret.h"

#include <array>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <sys/random.h>
#include <utility>

namespace metka {

Secret::Secret(std::string_view bytes) : bytes_(bytes) {}

Secret::Secret(Secret&& other) noexcept : bytes_(std::move(other.bytes_))
{
    wipe(other.bytes_); // a short string is copied by its move and would stay behind
}

Secret& Secret::operator=(Secret&& other) noexcept
{
    if (this == &other) return *this;
    wipe(bytes_);
    bytes_ = std::move(other.bytes_);
    wipe(other.bytes_);
    return *this;
}

Secret::~Secret()
{
    wipe(bytes_);
}

Secret Secret::take(std::string&& bytes)
{
    Secret secret;
    secret.bytes_.swap(bytes);
    wipe(bytes); // a short string is copied by its swap and leaves itself behind
    return secret;
}

Secret Secret::random_password()
{
    constexpr std::string_view alphabet = "abcdefghjkmnpqrstuvwxyz23456789Q"; // 32, no 0 o 1 i l
    static_assert(alphabet.size() == 32);
    std::array<std::uint8_t, 20> random{};
    if (getrandom(random.data(), random.size(), 0) != static_cast<ssize_t>(random.size())) std::abort();
    std::string password;
    for (std::size_t i = 0; i < random.size(); ++i)
        password += alphabet[random[i] % 32];
    return take(std::move(password));
}

bool Secret::same_as(std::string_view other) const
{
    unsigned char difference = bytes_.size() == other.size() ? 0 : 1;
    for (std::size_t i = 0; i < bytes_.size() && i < other.size(); ++i)
        difference = static_cast<unsigned char>(difference | (bytes_[i] ^ other[i]));
    return difference == 0;
}

void wipe(std::string& bytes) noexcept
{
    bytes.resize(bytes.capacity()); // within capacity: no allocation, and the slack is wiped too
    explicit_bzero(bytes.data(), bytes.size());
    bytes.clear();
}

} // namespace metka
