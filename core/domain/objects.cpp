#include "core/domain/objects.h"

#include <algorithm>

#include "core/base/text.h"

namespace metka {

Result<std::string> parse_name(std::string_view text, std::string_view what)
{
    const auto letter = [](char c) { return c >= 'a' && c <= 'z'; };
    const auto allowed = [&](char c) { return letter(c) || (c >= '0' && c <= '9') || c == '_' || c == '-'; };
    if (text.empty() || text.size() > 31 || !letter(text.front()) || !std::ranges::all_of(text, allowed))
        return fail(Fault::invalid, "“{}” is not a name for a {}: 1 to 31 of a-z 0-9 _ - with a letter first",
                    escaped(text, 40), what);
    return std::string(text);
}

Result<std::string> parse_title(std::string_view text)
{
    if (text.size() > 200) return fail(Fault::invalid, "that text is longer than 200 bytes");
    if (!is_utf8(text) || has_control(text))
        return fail(Fault::invalid, "“{}” is not one line of UTF-8 text", escaped(text, 40));
    return std::string(text);
}

std::string_view name(Standing standing)
{
    return standing == Standing::active ? "active" : "suspended";
}

std::string_view name(DomainKind kind)
{
    return kind == DomainKind::local ? "local" : "foreign";
}

std::string_view name(DomainState state)
{
    switch (state) {
    case DomainState::pending:
        return "pending";
    case DomainState::active:
        return "active";
    case DomainState::suspended:
        return "suspended";
    }
    return "";
}

std::string_view name(MadeBy made_by)
{
    return made_by == MadeBy::administrator ? "administrator" : "self_service";
}

} // namespace metka
