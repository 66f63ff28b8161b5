#include "daemon/resolver/records.h"

#include "core/base/text.h"
#include "core/dns/protocol.h"

namespace metka::resolver {

namespace {

std::uint8_t byte_at(std::string_view bytes, std::size_t place)
{
    return static_cast<std::uint8_t>(bytes[place]);
}

constexpr std::uint8_t longest_label = 63; // above it: a pointer (RFC 1035 §4.1.4), which has no place here

// None: cut short, bytes behind its end, or a dot within a label.
std::optional<std::string> read_name(std::string_view bytes)
{
    std::string name;
    while (!bytes.empty()) {
        const auto size = byte_at(bytes, 0);
        if (size == 0) return bytes.size() == 1 ? std::optional(name) : std::nullopt;
        if (size > longest_label || bytes.size() < 1U + size) return std::nullopt;
        const auto label = bytes.substr(1, size);
        if (label.contains('.')) return std::nullopt;
        if (!name.empty()) name += '.';
        name += lower(label);
        bytes.remove_prefix(1U + size);
    }
    return std::nullopt;
}

} // namespace

std::optional<policy::MxRecord> read_mx(std::string_view bytes)
{
    if (bytes.size() < 3) return std::nullopt;
    const auto host = read_name(bytes.substr(2));
    if (!host || !dns::is_host(*host)) return std::nullopt;
    const auto preference = static_cast<std::uint16_t>(byte_at(bytes, 0) << 8U | byte_at(bytes, 1));
    return policy::MxRecord{.preference = preference, .host = *host};
}

std::optional<std::string> read_text(std::string_view bytes)
{
    std::string joined;
    while (!bytes.empty()) {
        const auto size = byte_at(bytes, 0);
        if (bytes.size() < 1U + size) return std::nullopt;
        joined += bytes.substr(1, size);
        bytes.remove_prefix(1U + size);
    }
    return escaped(joined, joined.size());
}

} // namespace metka::resolver
