#include "cli/user_language.h"

#include <array>
#include <cstdlib>

#include "core/language/language.h"

namespace metka::metkactl {

Language user_language()
{
    for (const char* const name : std::array{"LC_ALL", "LC_MESSAGES", "LANG"}) {
        const char* const value = std::getenv(name);
        if (value == nullptr || *value == '\0') continue;
        return std::string_view(value).starts_with("pl") ? Language::polish : Language::english;
    }
    return Language::english;
}

std::string said(Language language, std::string_view text)
{
    if (language == Language::english) return std::string(text);
    return language::say(language, Phrase{text, {}});
}

} // namespace metka::metkactl
