#pragma once
// Sizes in bytes, as people write them (DOMAIN "Capacity and disk limits"): 500M, 2G, 2GiB, powers of 1024.

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/result.h"

namespace metka {

struct Bytes {
    std::uint64_t count = 0;

    static Result<Bytes> parse(std::string_view); // no sign, no fraction, not above 8 EiB
    std::string show() const;                     // "500 MiB", "1.5 GiB", "12 B"
    auto operator<=>(const Bytes&) const = default;
};

constexpr Bytes operator""_KiB(unsigned long long n)
{
    return {n << 10};
}
constexpr Bytes operator""_MiB(unsigned long long n)
{
    return {n << 20};
}
constexpr Bytes operator""_GiB(unsigned long long n)
{
    return {n << 30};
}

// No value: unlimited.
using Capacity = std::optional<Bytes>;
Result<Capacity> parse_capacity(std::string_view); // also "unlimited"
std::string show(const Capacity&);

} // namespace metka
