// The addresses read from a From value can be written alone and are read the same again; each domain that is
// read is mentioned, too. Decoded parameters are written and read again.

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "core/base/text.h"
#include "core/wire/address_field.h"
#include "core/wire/utf8.h"
#include "core/wire/xtext.h"

using namespace metka::wire;

namespace {

void check_address(const MailPath& path)
{
    const auto text = path.text();
    if (path.local.empty() || path.domain.empty() || !is_clean_utf8(text)) std::abort();
    if (text.contains('\n') || text.contains('\r') || text.contains('\0')) std::abort();
    const auto again = parse_addresses(text);
    if (!again || again->size() != 1 || again->front() != path) std::abort();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size)
{
    const std::string_view value(reinterpret_cast<const char*>(bytes), size);
    const auto addresses = parse_addresses(value);
    const auto domains = mentioned_domains(value);
    if (addresses) {
        for (const auto& path : *addresses) {
            check_address(path);
            if (!domains || path.is_literal() || value.contains('('))
                continue; // a comment may stand behind its @
            if (std::ranges::find(*domains, path.domain) == domains->end()) std::abort();
        }
    }
    if (const auto text = decode_xtext(value); text && decode_xtext(encode_xtext(*text)) != text)
        std::abort();
    if (const auto text = decode_utf8_xtext(value);
        text && (metka::has_control(*text) || !is_clean_utf8(*text)))
        std::abort();
    return 0;
}
