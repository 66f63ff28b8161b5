// An address that parses is written as it parses again, is in lower case, and is found under any +tag.

#include <cstdint>
#include <cstdlib>
#include <string>

#include "core/base/text.h"
#include "core/domain/address.h"

using namespace metka;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size)
{
    const std::string_view text(reinterpret_cast<const char*>(bytes), size);
    const auto address = Address::parse(text);
    if (!address) return address.error().text.empty() ? std::abort(), 0 : 0;
    const auto again = Address::parse(address->text());
    if (!again || *again != *address) std::abort();
    if (lower(address->text()) != address->text() || has_control(address->text())) std::abort();
    if (address->local().size() > 64 || address->domain().text().size() > 253) std::abort();
    const auto tagged = Address::of_recipient(address->local() + "+tag", address->domain().text());
    if (tagged != *address) std::abort();
    return 0;
}
