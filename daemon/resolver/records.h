#pragma once
// The data of DNS records (RFC 1035 §3.3), as libunbound hands it over: names without compression. Pure.

#include <optional>
#include <string>
#include <string_view>

#include "core/policy/ownership.h"

namespace metka::resolver {

// None: cut short, bytes left over, or a name that no host has (dns::is_host).
std::optional<policy::MxRecord> read_mx(std::string_view bytes);

// Its strings joined (RFC 7208 §3.3); bytes beyond printable ASCII as \xNN. None: cut short.
std::optional<std::string> read_text(std::string_view bytes);

} // namespace metka::resolver
