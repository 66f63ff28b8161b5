#include "core/wire/xtext.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "core/wire/utf8.h"

namespace metka::wire {

namespace {

bool stands_for_itself(char c) // RFC 3461 §4: xchar
{
    return c >= '!' && c <= '~' && c != '+' && c != '=';
}

std::optional<unsigned> hex_number(std::string_view digits)
{
    unsigned number = 0;
    const auto* const begin = digits.data();
    const auto* const end = begin + digits.size();
    const auto read = std::from_chars(begin, end, number, 16);
    if (digits.empty() || read.ec != std::errc{} || read.ptr != end) return std::nullopt;
    return number;
}

// Takes "\x{17C}" off the front of `rest`.
bool take_point(std::string_view& rest, std::string& text)
{
    constexpr std::string_view opening = "\\x{";
    constexpr std::size_t most_digits = 6;
    const auto end = rest.find('}');
    if (!rest.starts_with(opening) || end == std::string_view::npos) return false;
    const auto digits = rest.substr(opening.size(), end - opening.size());
    const auto point = digits.size() <= most_digits ? hex_number(digits) : std::nullopt;
    rest.remove_prefix(end + 1);
    return point && *point > ' ' && *point != 0x7F && append_utf8(text, char32_t{*point});
}

} // namespace

std::optional<std::string> decode_xtext(std::string_view encoded)
{
    std::string text;
    while (!encoded.empty()) {
        if (encoded.front() == '+') {
            const auto byte = encoded.size() >= 3 ? hex_number(encoded.substr(1, 2)) : std::nullopt;
            if (!byte) return std::nullopt;
            text += static_cast<char>(*byte);
            encoded.remove_prefix(3);
        } else {
            if (!stands_for_itself(encoded.front())) return std::nullopt;
            text += encoded.front();
            encoded.remove_prefix(1);
        }
    }
    return text.empty() ? std::nullopt : std::optional(std::move(text));
}

std::string encode_xtext(std::string_view text)
{
    std::string encoded;
    for (const char c : text) {
        if (stands_for_itself(c))
            encoded += c;
        else
            encoded += fmt::format("+{:02X}", static_cast<unsigned char>(c));
    }
    return encoded;
}

std::optional<std::string> decode_utf8_xtext(std::string_view encoded)
{
    std::string text;
    while (!encoded.empty()) {
        const char c = encoded.front();
        if (c == '\\') {
            if (!take_point(encoded, text)) return std::nullopt;
            continue;
        }
        if (!stands_for_itself(c) && !is_beyond_ascii(c)) return std::nullopt;
        text += c;
        encoded.remove_prefix(1);
    }
    const bool good = !text.empty() && is_clean_utf8(text);
    return good ? std::optional(std::move(text)) : std::nullopt;
}

} // namespace metka::wire
