#include "core/maildir/message_name.h"

#include <algorithm>
#include <limits>

#include "core/base/text.h"
#include "core/sys/digest.h"

namespace metka::maildir {

namespace {

constexpr std::size_t longest_uid = 70; // RFC 1939 §7
constexpr std::size_t hash_digits = 40;

std::optional<std::uint64_t> parse_claim(std::string_view digits)
{
    const auto number = parse_number(digits);
    if (!number || *number > std::uint64_t{std::numeric_limits<std::int64_t>::max()}) return std::nullopt;
    return number;
}

bool is_printable(std::string_view text)
{
    return std::ranges::all_of(text, [](char c) { return c >= 0x21 && c <= 0x7E; });
}

bool is_lower_hex(std::string_view text, std::size_t digits)
{
    return text.size() == digits && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

} // namespace

MessageName parse_message_name(std::string_view file)
{
    MessageName name;
    const auto flags = file.find(':');
    name.key = flags == 0 ? file : file.substr(0, flags);
    name.base = name.key.substr(0, name.key.find(','));
    const auto dot = name.base.find('.');
    if (dot != std::string_view::npos) name.seconds = parse_claim(name.base.substr(0, dot)).value_or(0);

    const auto claims = split(name.key.substr(name.base.size()), ',');
    for (const auto claim : claims) {
        if (claim.starts_with("S=") && !name.size) name.size = parse_claim(claim.substr(2));
        if (claim.starts_with("W=") && !name.octets) name.octets = parse_claim(claim.substr(2));
    }
    return name;
}

std::string make_message_name(Instant arrived, const MessageId& id, const Written& written)
{
    return fmt::format("{}.{},S={},W={}", std::max<std::int64_t>(to_unix_ms(arrived) / 1000, 0), id.hex(),
                       written.size.count, written.size.count + written.lines);
}

bool has_our_form(const MessageName& name)
{
    constexpr std::size_t id_digits = 32;
    const auto dot = name.base.find('.');
    if (dot == std::string_view::npos || !parse_claim(name.base.substr(0, dot))) return false;
    if (!is_lower_hex(name.base.substr(dot + 1), id_digits)) return false;
    const auto claims = name.key.substr(name.base.size());
    return name.size && name.octets && std::ranges::count(claims, ',') == 2 && claims.starts_with(",S=");
}

std::string hashed_uid(std::string_view key)
{
    return sys::sha256(key).substr(0, hash_digits);
}

bool has_fit_base(const MessageName& name)
{
    return !name.base.empty() && name.base.size() <= longest_uid && is_printable(name.base) &&
           !is_lower_hex(name.base, hash_digits);
}

} // namespace metka::maildir
