#include "core/mime/encoded_word.h"

#include <algorithm>
#include <cstdint>

#include "core/base/text.h"

namespace metka::mime {

namespace {

constexpr std::string_view sextets = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

// What is no sextet is passed over; padding ends a group wherever it stands.
std::string decode_b(std::string_view text)
{
    std::string bytes;
    std::uint32_t group = 0;
    unsigned bits = 0;
    for (const char c : text) {
        const auto sextet = sextets.find(c);
        if (c == '=') bits = 0;
        if (sextet == std::string_view::npos) continue;
        group = (group << 6U) | static_cast<std::uint32_t>(sextet);
        bits += 6;
        if (bits < 8) continue;
        bits -= 8;
        bytes += static_cast<char>((group >> bits) & 0xFFU);
    }
    return bytes;
}

std::optional<unsigned> hex_value(char c)
{
    constexpr std::string_view digits = "0123456789abcdef";
    const auto value = digits.find(lower(c));
    if (value == std::string_view::npos) return std::nullopt;
    return static_cast<unsigned>(value);
}

std::string decode_q(std::string_view text)
{
    std::string bytes;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool is_whole = text[i] == '=' && i + 2 < text.size();
        const auto high = is_whole ? hex_value(text[i + 1]) : std::nullopt;
        const auto low = is_whole ? hex_value(text[i + 2]) : std::nullopt;
        if (high && low) {
            bytes += static_cast<char>(*high * 16 + *low);
            i += 2;
        } else {
            bytes += text[i] == '_' ? ' ' : text[i];
        }
    }
    return bytes;
}

// What stands before the next question mark, which is taken, too.
std::optional<std::string_view> part(std::string_view& rest)
{
    const auto end = rest.find('?');
    if (end == std::string_view::npos) return std::nullopt;
    const auto found = rest.substr(0, end);
    rest.remove_prefix(end + 1);
    return found;
}

} // namespace

std::optional<EncodedWord> read_encoded_word(std::string_view text)
{
    if (!text.starts_with("=?")) return std::nullopt;
    auto rest = text.substr(2);
    const auto charset = part(rest);
    const auto encoding = part(rest);
    if (!charset || !encoding) return std::nullopt;
    const bool is_b = same_ignoring_case(*encoding, "b");
    if (!is_b && !same_ignoring_case(*encoding, "q")) return std::nullopt;
    const auto end = rest.find("?=");
    if (end == std::string_view::npos) return std::nullopt;
    const auto encoded = rest.substr(0, end);
    return EncodedWord{.charset = lower(charset->substr(0, charset->find('*'))),
                       .bytes = is_b ? decode_b(encoded) : decode_q(encoded),
                       .length = text.size() - rest.size() + end + 2};
}

} // namespace metka::mime
