#include "core/base/id.h"

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <span>

#include <sys/random.h>

namespace metka {

namespace {

void fill_with_random(std::span<std::uint8_t> bytes)
{
    // getrandom gives up to 256 bytes whole once the pool is ready; it cannot fail for these arguments.
    if (getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) std::abort();
}

// Ids of one program sort as they were made (RFC 9562 §6.2, method 1: the 12 bits behind the milliseconds
// count, and when they are used up the milliseconds go ahead), also while its clock is set back a little:
// messages have them in their names, and are listed by these.
struct Moment {
    std::uint64_t ms = 0;
    std::uint64_t count = 0;
};

Moment moment_of(std::uint64_t now, std::uint64_t random)
{
    constexpr unsigned count_bits = 12;
    constexpr std::uint64_t most = (1U << count_bits) - 1;
    constexpr std::uint64_t set_back = 1000;  // ms; by more than that: another time, and it begins anew
    static std::atomic<std::uint64_t> newest; // milliseconds, and in the last bits the count

    auto before = newest.load();
    for (;;) {
        const auto ms = before >> count_bits;
        const bool goes_on = ms >= now && ms - now <= set_back;
        const auto next = goes_on ? before + 1 : now << count_bits | random % (most / 2);
        if (newest.compare_exchange_weak(before, next)) return {next >> count_bits, next & most};
    }
}

int hex_digit(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

constexpr std::string_view digits = "0123456789abcdef";

} // namespace

Id Id::make(Instant now)
{
    Id id;
    fill_with_random(id.bytes_);
    const std::uint64_t random = id.bytes_[6] << 8 | id.bytes_[7];
    const auto [ms, count] = moment_of(static_cast<std::uint64_t>(to_unix_ms(now)), random);
    for (unsigned i = 0; i < 6; ++i)
        id.bytes_[i] = static_cast<std::uint8_t>(ms >> (40 - 8 * i));
    id.bytes_[6] = static_cast<std::uint8_t>(0x70 | count >> 8);
    id.bytes_[7] = static_cast<std::uint8_t>(count);
    id.bytes_[8] = static_cast<std::uint8_t>(0x80 | (id.bytes_[8] & 0x3F));
    return id;
}

Result<Id> Id::parse(std::string_view hex)
{
    if (hex.size() != 32) return fail(Fault::invalid, "an id has 32 hex digits, this has {}", hex.size());
    Id id;
    for (std::size_t i = 0; i < 16; ++i) {
        const int high = hex_digit(hex[2 * i]);
        const int low = hex_digit(hex[2 * i + 1]);
        if (high < 0 || low < 0) return fail(Fault::invalid, "an id has only hex digits");
        id.bytes_[i] = static_cast<std::uint8_t>(high << 4 | low);
    }
    return id;
}

Id Id::from_bytes(const std::array<std::uint8_t, 16>& bytes)
{
    Id id;
    id.bytes_ = bytes;
    return id;
}

std::string Id::hex() const
{
    std::string text;
    text.reserve(32);
    for (const auto byte : bytes_) {
        text += digits[byte >> 4];
        text += digits[byte & 0x0F];
    }
    return text;
}

std::string Id::last_byte() const
{
    return hex().substr(30);
}

} // namespace metka

std::size_t std::hash<metka::Id>::operator()(const metka::Id& id) const noexcept
{
    std::size_t value = 0;
    std::memcpy(&value, id.bytes().data() + 8, sizeof value); // the random half
    return value;
}
