#include "core/domain/address.h"

#include <algorithm>

#include "core/base/text.h"

namespace metka {

namespace {

// Why `local` (already in lower case) cannot be provisioned, to be filled with the address; empty if it can.
std::string_view fault_in(std::string_view local)
{
    const auto allowed = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
    };
    if (local.empty()) return "“{}” is not an address: the part before @ is empty";
    if (local.size() > 64) return "“{}” is not an address: the part before @ has more than 64 characters";
    if (local.contains('+'))
        return "“{}” is not an address here: +tag is added by senders and cannot be provisioned";
    if (!std::ranges::all_of(local, allowed))
        return "“{}” is not an address: the part before @ may have only a-z 0-9 . _ -";
    if (local.front() == '.' || local.back() == '.' || local.contains(".."))
        return "“{}” is not an address: a dot may not be first, last or doubled in the part before @";
    return {};
}

} // namespace

Result<Address> Address::parse(std::string_view text)
{
    const auto at = text.rfind('@');
    if (at == std::string_view::npos)
        return fail(Fault::invalid, "“{}” is not an address: write it like name@example.org",
                    escaped(text, 80));
    auto local = lower(text.substr(0, at));
    if (const auto why = fault_in(local); !why.empty()) {
        const Phrase said{why, {escaped(text, 80)}};
        return std::unexpected(Error{.fault = Fault::invalid, .text = said.text(), .said = said});
    }
    auto domain = DomainName::parse(text.substr(at + 1));
    if (!domain) return pass(domain);
    return Address(std::move(local), std::move(*domain));
}

std::optional<Address> Address::of_recipient(std::string_view local, std::string_view domain)
{
    auto folded = lower(local.substr(0, local.find('+')));
    if (!fault_in(folded).empty()) return std::nullopt;
    auto name = DomainName::parse(domain);
    if (!name) return std::nullopt;
    return Address(std::move(folded), std::move(*name));
}

} // namespace metka
