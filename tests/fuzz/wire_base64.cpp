// What decodes is the one encoding of what it decodes to, and everything that was encoded decodes.

#include <cstdint>
#include <cstdlib>
#include <string>

#include "core/wire/base64.h"

using namespace metka::wire;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size)
{
    const std::string_view text(reinterpret_cast<const char*>(bytes), size);
    const auto decoded = decode_base64(text);
    if (decoded && encode_base64(*decoded) != text) std::abort();
    if (decode_base64(encode_base64(text)) != std::string(text)) std::abort();
    return 0;
}
