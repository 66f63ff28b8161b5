#pragma once
// Encoded words (RFC 2047 §2), read as leniently as any mail program does: pure, and each is one pass.

#include <optional>
#include <string>
#include <string_view>

namespace metka::mime {

struct EncodedWord {
    std::string charset;    // as it was named, without the language that RFC 2231 §5 lets stand behind it
    std::string bytes;      // decoded
    std::size_t length = 0; // of the word, from its =? to its ?=
};

// The one that begins here, at its =?. None: it does not end, or its encoding is neither B nor Q.
std::optional<EncodedWord> read_encoded_word(std::string_view text);

} // namespace metka::mime
