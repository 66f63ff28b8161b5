#include "core/mime/shown_text.h"

#include <algorithm>
#include <memory>

#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/ucnv.h>
#include <unicode/unistr.h>

#include "core/base/text.h"
#include "core/mime/encoded_word.h"

namespace metka::mime {

namespace {

constexpr auto* charset_of_last_resort = "windows-1252";
constexpr UChar32 ideographic_full_stop = 0x3002; // ends a label in a domain (RFC 3490 §3.1)
constexpr UChar32 hyphen = 0x2010;                // what NFKC makes of the one that does not break

icu::UnicodeString unicode_of(const std::string& bytes, const std::string& charset)
{
    const auto size = static_cast<std::int32_t>(bytes.size());
    UErrorCode fault = U_ZERO_ERROR;
    UConverter* const converter = ucnv_open(charset.c_str(), &fault);
    const auto close = [](UConverter* open) { ucnv_close(open); };
    const std::unique_ptr<UConverter, decltype(close)> owner(converter, close);
    if (!charset.empty() && U_SUCCESS(fault)) {
        icu::UnicodeString text(bytes.data(), size, converter, fault);
        if (U_SUCCESS(fault)) return text;
    }
    return {bytes.data(), size, charset_of_last_resort};
}

icu::UnicodeString unicode_of(std::string_view raw)
{
    if (!is_utf8(raw)) return unicode_of(std::string(raw), charset_of_last_resort);
    return icu::UnicodeString::fromUTF8({raw.data(), static_cast<std::int32_t>(raw.size())});
}

bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

// Encoded words that follow each other, with white space or nothing between them; `rest` begins behind them.
icu::UnicodeString take_encoded(EncodedWord word, std::string_view& rest)
{
    icu::UnicodeString text;
    for (;;) {
        rest.remove_prefix(word.length);
        const auto* const next = std::ranges::find_if_not(rest, is_blank);
        auto following = read_encoded_word({next, rest.end()});
        const bool goes_on = following && following->charset == word.charset;
        if (goes_on) following->bytes.insert(0, word.bytes);
        if (!goes_on) text += unicode_of(word.bytes, word.charset);
        if (!following) return text;
        rest.remove_prefix(static_cast<std::size_t>(next - rest.begin()));
        word = std::move(*following);
    }
}

// Nothing is read twice: behind the last ?= no word is looked for, and before it each that begins has an end.
icu::UnicodeString decoded(std::string_view value)
{
    const auto last = value.rfind("?=");
    const auto words = last == std::string_view::npos ? 0 : last + 2;
    icu::UnicodeString text;
    for (auto rest = value.substr(0, words); !rest.empty();) {
        auto word = read_encoded_word(rest);
        if (word) {
            text += take_encoded(std::move(*word), rest);
            continue;
        }
        const auto plain = rest.substr(0, rest.find("=?", 1));
        text += unicode_of(plain);
        rest.remove_prefix(plain.size());
    }
    return text + unicode_of(value.substr(words));
}

bool is_in_addresses(UChar32 letter)
{
    constexpr std::uint32_t marks = U_GC_M_MASK;
    return u_isalnum(letter) || (U_GET_GC_MASK(letter) & marks) != 0 || letter == '-' || letter == '_' ||
           letter == '.' || letter == '@';
}

// As an address has it; a blank if none does.
UChar32 plain(UChar32 letter)
{
    if (letter == ideographic_full_stop) return '.';
    if (letter == hyphen) return '-';
    return is_in_addresses(letter) ? letter : ' ';
}

icu::UnicodeString folded(const icu::UnicodeString& text)
{
    UErrorCode fault = U_ZERO_ERROR;
    const auto* const fold = icu::Normalizer2::getNFKCCasefoldInstance(fault);
    auto done = U_SUCCESS(fault) ? fold->normalize(text, fault) : text;
    return U_SUCCESS(fault) ? done : text;
}

} // namespace

std::string shown_text(std::string_view value)
{
    std::string bare(value);
    std::erase_if(bare, [](char c) { return c == '"' || c == '\\'; });
    const auto text = folded(decoded(bare));
    icu::UnicodeString plain_text;
    for (std::int32_t at = 0; at < text.length(); at = text.moveIndex32(at, 1))
        plain_text.append(plain(text.char32At(at)));
    std::string shown;
    plain_text.toUTF8String(shown);
    return shown;
}

std::string rehearse_charsets()
{
    return shown_text("=?utf-7?q?a+AEA-?= =?iso-2022-jp?b?GyRCJSIbKEI=?= =?iso-8859-2?q?=B1?= "
                      "=?gb18030?b?xOM=?= =?windows-1250?q?=9C?= \xEF\xBC\xA0");
}

} // namespace metka::mime
