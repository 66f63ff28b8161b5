// Sizes, numbers and escaping take anything; what escaping gives is fit for a terminal.

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "core/base/bytes.h"
#include "core/base/id.h"
#include "core/base/text.h"

using namespace metka;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size)
{
    const std::string_view text(reinterpret_cast<const char*>(bytes), size);
    if (const auto parsed = Bytes::parse(text)) {
        if (parsed->count > std::uint64_t{1} << 63) std::abort();
        const auto again = Bytes::parse(std::to_string(parsed->count));
        if (!again || *again != *parsed) std::abort();
    }
    if (const auto capacity = parse_capacity(text); capacity && show(*capacity).empty()) std::abort();
    if (const auto number = parse_number(text)) {
        const auto digits = text.substr(std::min(text.find_first_not_of('0'), size - 1));
        if (std::to_string(*number) != digits) std::abort();
    }
    if (const auto id = Id::parse(text); id && id->hex() != lower(text)) std::abort();
    const auto shown = escaped(text);
    if (has_control(shown) || !is_utf8(shown)) std::abort();
    const bool is_fit = std::ranges::all_of(text, [](char c) { return c >= 0x20 && c <= 0x7E && c != '\\'; });
    if (is_fit && size <= 256 && shown != text) std::abort();
    return 0;
}
