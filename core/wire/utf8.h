#pragma once
// What SMTPUTF8 lets into addresses and fields (RFC 6531 §3.3, RFC 6532 §3.1).

#include <string>
#include <string_view>

namespace metka::wire {

constexpr bool is_beyond_ascii(char c)
{
    return static_cast<unsigned char>(c) >= 0x80;
}

// Well-formed, shortest, no surrogates, and none of the controls U+0080–U+009F, which steer some terminals.
// The controls of ASCII are another question.
bool is_clean_utf8(std::string_view text);

// U+0001–U+10FFFF without the surrogates, else nothing is appended and the answer is no.
bool append_utf8(std::string& text, char32_t point);

} // namespace metka::wire
