// What is taken for SASL PLAIN is three parts of clean text that are no longer than they may be, and the
// input when put together again; whatever is such is taken.

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "core/base/text.h"
#include "core/wire/sasl.h"

using namespace metka::wire;

namespace {

bool is_plain(std::string_view text)
{
    const auto first = text.find('\0');
    if (first == std::string_view::npos || std::ranges::count(text, '\0') != 2) return false;
    const auto second = text.find('\0', first + 1);
    const auto name = second - first - 1;
    const auto password = text.size() - second - 1;
    return first <= 255 && name > 0 && name <= 255 && password > 0 && password <= 255 && metka::is_utf8(text);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size)
{
    const std::string_view text(reinterpret_cast<const char*>(bytes), size);
    const auto plain = parse_sasl_plain(text);
    if (plain.has_value() != is_plain(text)) std::abort();
    if (!plain) return 0;
    if (plain->authcid.empty() || plain->password.empty()) std::abort();
    const auto again = plain->authzid + '\0' + plain->authcid + '\0' + std::string(plain->password.reveal());
    if (again != text || size > 3 * 255 + 2) std::abort();
    return 0;
}
