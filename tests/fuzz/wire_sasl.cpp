// What is taken for SASL PLAIN holds no NUL and no more than it may, and is the input when put together
// again.

#include <cstdint>
#include <cstdlib>
#include <string>

#include "core/wire/sasl.h"

using namespace metka::wire;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size)
{
    const std::string_view text(reinterpret_cast<const char*>(bytes), size);
    const auto plain = parse_sasl_plain(text);
    if (!plain) return 0;
    if (plain->authcid.empty() || plain->password.empty()) std::abort();
    const auto again = plain->authzid + '\0' + plain->authcid + '\0' + std::string(plain->password.reveal());
    if (again != text || size > 3 * 255 + 2) std::abort();
    return 0;
}
