#include "core/wire/sasl.h"

#include <algorithm>

#include "core/base/text.h"

namespace metka::wire {

Result<PlainCredentials> parse_sasl_plain(std::string_view decoded)
{
    constexpr std::size_t most = 255;
    const auto parts = split(decoded, '\0');
    if (parts.size() != 3)
        return fail(Fault::invalid, "SASL PLAIN has three parts divided by NUL, this has {}", parts.size());
    const bool too_long = std::ranges::any_of(parts, [](auto part) { return part.size() > most; });
    if (too_long) return fail(Fault::invalid, "a part of SASL PLAIN has more than {} bytes", most);
    if (parts[1].empty() || parts[2].empty())
        return fail(Fault::invalid, "SASL PLAIN needs a name and a password");
    if (!is_utf8(decoded)) return fail(Fault::invalid, "SASL PLAIN is UTF-8, this is not");
    return PlainCredentials{
        .authzid = std::string(parts[0]),
        .authcid = std::string(parts[1]),
        .password = Secret(parts[2]),
    };
}

} // namespace metka::wire
