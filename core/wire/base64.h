#pragma once
// Base64 as RFC 4648 §4 writes it, and nothing looser: no white space, padding where it belongs, no stray
// bits.

#include <optional>
#include <string>
#include <string_view>

namespace metka::wire {

// No value: not the one canonical encoding of anything.
std::optional<std::string> decode_base64(std::string_view);
std::string encode_base64(std::string_view);

} // namespace metka::wire
