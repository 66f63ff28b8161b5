// Sizes, numbers and escaping take anything; what escaping gives is fit for a terminal.

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
    if (const auto number = parse_number(text); number && size > 64 && text.front() != '0') std::abort();
    if (const auto id = Id::parse(text); id && id->hex() != lower(text)) std::abort();
    const auto shown = escaped(text);
    if (has_control(shown) || !is_utf8(shown)) std::abort();
    return 0;
}
