#pragma once
// The one SASL mechanism with a grammar of its own that we take: PLAIN (RFC 4616).

#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/base/secret.h"

namespace metka::wire {

struct PlainCredentials {
    std::string authzid; // whom to act as; empty: the same as authcid
    std::string authcid; // whose password it is
    Secret password;
};

// RFC 4616 §2: [authzid] NUL authcid NUL passwd, UTF-8, each at most 255 bytes; authcid and passwd not empty.
Result<PlainCredentials> parse_sasl_plain(std::string_view decoded);

} // namespace metka::wire
