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

Result<NoticeDays> parse_notice_days(std::string_view text)
{
    constexpr std::size_t most_notices = 8;
    NoticeDays days;
    if (text == "none") return days;
    for (const auto word : split(text, ',')) {
        const auto day = parse_number(trim(word));
        if (!day || *day == 0 || *day > 365)
            return fail(Fault::invalid,
                        "“{}” are not notice days: write numbers of 1 to 365 like 30,7,1, or none",
                        escaped(text, 40));
        days.push_back(static_cast<std::uint16_t>(*day));
    }
    std::ranges::sort(days, std::ranges::greater());
    const auto twice = std::ranges::unique(days);
    days.erase(twice.begin(), twice.end());
    if (days.size() > most_notices)
        return fail(Fault::invalid, "“{}” are too many notice days; the most is {}", escaped(text, 40),
                    most_notices);
    return days;
}

std::string show(const NoticeDays& days)
{
    return days.empty() ? "none" : fmt::format("{}", fmt::join(days, ","));
}

std::string_view name(Language language)
{
    return language == Language::polish ? "pl" : "en";
}

std::optional<Language> language_named(std::string_view name_of_it)
{
    for (const auto language : {Language::polish, Language::english})
        if (name(language) == name_of_it) return language;
    return std::nullopt;
}

std::string_view name(Standing standing)
{
    return standing == Standing::active ? "active" : "suspended";
}

std::string_view name(DomainKind kind)
{
    switch (kind) {
    case DomainKind::local:
        return "local";
    case DomainKind::foreign:
        return "foreign";
    case DomainKind::host:
        return "host";
    }
    return "";
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
