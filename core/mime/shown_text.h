#pragma once
// What a mail program shows of a header field, in one form to look for an address in: for what must not be
// claimed, never for what is delivered or shown to anybody. Of several readings it takes the most generous:
//  - encoded words (RFC 2047) are decoded wherever they stand, also where none may (in quotation marks, in
//    comments, within another word), and words of one charset that follow each other are one run of bytes;
//  - a charset that nobody knows is read as windows-1252, and so is what has 8 bits and is no UTF-8;
//  - quotation marks and backslashes of the field itself are gone;
//  - letters are as NFKC_Casefold has them: a fullwidth @ is an @, what cannot be seen is not there;
//  - every sign that is in no domain is a blank.
//
// The value is unfolded, and of bounded length; the result is at most some dozen times as long. UTF-8.

#include <string>
#include <string_view>

namespace metka::mime {

std::string shown_text(std::string_view value);

// Loads what the charsets and letters need, and says what came of it: where nothing can be loaded later.
std::string rehearse_charsets();

} // namespace metka::mime
