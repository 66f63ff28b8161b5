// What a field shows is clean UTF-8 in which nothing stands but what an address may hold, and blanks.

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "core/base/text.h"
#include "core/mime/shown_text.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size)
{
    constexpr std::string_view signs = " .-_@";
    const auto shown = metka::mime::shown_text({reinterpret_cast<const char*>(bytes), size});
    if (!metka::is_utf8(shown)) std::abort();
    for (const char c : shown) {
        const bool is_letter = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
        const bool is_ascii = static_cast<unsigned char>(c) < 0x80;
        if (is_ascii && !is_letter && !signs.contains(c)) std::abort();
    }
    return 0;
}
