#include "core/wire/base64.h"

#include <array>
#include <cstdint>

namespace metka::wire {

namespace {

constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::uint8_t no_digit = 0xFF;

constexpr std::array<std::uint8_t, 256> digit_values = [] {
    std::array<std::uint8_t, 256> values{};
    values.fill(no_digit);
    for (std::size_t i = 0; i < alphabet.size(); ++i)
        values[static_cast<unsigned char>(alphabet[i])] = static_cast<std::uint8_t>(i);
    return values;
}();

std::uint8_t value_of(char digit)
{
    return digit_values[static_cast<unsigned char>(digit)];
}

std::size_t padding_of(std::string_view text)
{
    if (text.ends_with("==")) return 2;
    return text.ends_with('=') ? 1 : 0;
}

} // namespace

std::optional<std::string> decode_base64(std::string_view text)
{
    if (text.size() % 4 != 0) return std::nullopt;
    const auto padding = padding_of(text);
    const auto digits = text.substr(0, text.size() - padding);

    std::string decoded;
    decoded.reserve(text.size() / 4 * 3 - padding);
    std::uint32_t bits = 0;
    unsigned waiting = 0; // how many low bits of `bits` are not yet given out
    for (const char digit : digits) {
        const auto value = value_of(digit);
        if (value == no_digit) return std::nullopt;
        bits = (bits << 6 | value) & 0xFFFF;
        waiting += 6;
        if (waiting < 8) continue;
        waiting -= 8;
        decoded += static_cast<char>(bits >> waiting & 0xFF);
    }
    // Bits that encode nothing must be zero, or one value would have several spellings.
    const auto left_over = bits & ((1U << waiting) - 1);
    if (left_over != 0) return std::nullopt;
    return decoded;
}

std::string encode_base64(std::string_view bytes)
{
    std::string encoded;
    encoded.reserve((bytes.size() + 2) / 3 * 4);
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        const auto byte = [&](std::size_t n) -> std::uint32_t {
            return i + n < bytes.size() ? static_cast<unsigned char>(bytes[i + n]) : 0;
        };
        const auto group = byte(0) << 16 | byte(1) << 8 | byte(2);
        encoded += alphabet[group >> 18 & 63];
        encoded += alphabet[group >> 12 & 63];
        encoded += i + 1 < bytes.size() ? alphabet[group >> 6 & 63] : '=';
        encoded += i + 2 < bytes.size() ? alphabet[group & 63] : '=';
    }
    return encoded;
}

} // namespace metka::wire
