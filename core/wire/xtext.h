#pragma once
// How ESMTP parameters carry any text in printable characters (RFC 3461 §4, RFC 6533 §3).

#include <optional>
#include <string>
#include <string_view>

namespace metka::wire {

// "a+2Bb" is "a+b". None: not xtext, or empty.
std::optional<std::string> decode_xtext(std::string_view);
std::string encode_xtext(std::string_view);

// An address of type utf-8: "\x{17C}aneta@example.org" is "żaneta@example.org"; letters may also stand for
// themselves. None: neither, or a control in it.
std::optional<std::string> decode_utf8_xtext(std::string_view);

} // namespace metka::wire
