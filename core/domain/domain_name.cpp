#include "core/domain/domain_name.h"

#include <algorithm>
#include <cstdlib>
#include <memory>

#include <idn2.h>

#include "core/base/text.h"

namespace metka {

namespace {

struct Freed {
    void operator()(char* text) const { idn2_free(text); }
};
using IdnText = std::unique_ptr<char, Freed>;

bool is_label(std::string_view label)
{
    const auto allowed = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; };
    return !label.empty() && label.size() <= 63 && label.front() != '-' && label.back() != '-' &&
           std::ranges::all_of(label, allowed);
}

// Letters, digits, hyphens and dots, and nothing that IDNA looks at: most names by far.
bool is_plain(std::string_view text)
{
    const auto allowed = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
               c == '.';
    };
    return std::ranges::all_of(text, allowed) && !text.contains("--");
}

Result<std::string> to_ascii(std::string_view text)
{
    if (is_plain(text)) return lower(text);
    char* folded = nullptr;
    const int status =
        idn2_to_ascii_8z(std::string(text).c_str(), &folded, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
    const IdnText owned(folded);
    if (status == IDN2_OK) return lower(folded);
    return fail(Fault::invalid, "“{}” is not a domain name (IDNA: {})", escaped(text, 80),
                idn2_strerror(status));
}

// `why` is a literal with one {}, for the name.
std::unexpected<Error> refuse(std::string_view text, std::string_view why)
{
    const Phrase said{why, {escaped(text, 80)}};
    return std::unexpected(Error{.fault = Fault::invalid, .text = said.text(), .said = said});
}

} // namespace

Result<DomainName> DomainName::parse(std::string_view text)
{
    if (text.empty() || text.size() > 1000)
        return refuse(text, "“{}” is not a domain name: it must have 1 to 253 characters");
    if (has_control(text) || !is_utf8(text))
        return refuse(text, "“{}” is not a domain name: it contains bytes that are not text");
    if (text.back() == '.') return refuse(text, "“{}” is not a domain name: leave out the final dot");

    auto converted = to_ascii(text);
    if (!converted) return pass(converted);
    auto ascii = std::move(*converted);
    if (ascii.size() > 253)
        return refuse(text, "“{}” is not a domain name: it must have at most 253 characters");
    const auto labels = split(ascii, '.');
    if (labels.size() < 2)
        return refuse(text, "“{}” is not a domain name: it needs at least two parts, like example.org");
    if (!std::ranges::all_of(labels, is_label))
        return refuse(text,
                      "“{}” is not a domain name: each part has 1 to 63 letters, digits or inner hyphens");
    if (std::ranges::all_of(labels.back(), [](char c) { return c >= '0' && c <= '9'; }))
        return refuse(text, "“{}” is not a domain name: that is a number, not a name");
    return DomainName(std::move(ascii));
}

std::string DomainName::show() const
{
    char* unicode = nullptr;
    const int status = idn2_to_unicode_8z8z(text_.c_str(), &unicode, 0);
    const IdnText owned(unicode);
    return status == IDN2_OK ? std::string(unicode) : text_;
}

bool DomainName::is_direct_child_of(const DomainName& zone) const
{
    const auto dot = text_.find('.');
    return std::string_view(text_).substr(dot + 1) == zone.text_;
}

} // namespace metka
