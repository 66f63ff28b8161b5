#pragma once
// A sentence with its values apart, so that it can be said in another language where it is shown: the format
// is the key of the translation (core/language). Formats are literals in English, with plain `{}` or `{0}`.

#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

namespace metka {

struct Phrase {
    std::string_view format; // lives as long as the program
    std::vector<std::string> values;

    std::string text() const { return in(format); }     // in English
    std::string in(std::string_view translation) const; // a translation that does not fit gives English
};

template <class... Args>
Phrase phrase(fmt::format_string<Args...> format, Args&&... args)
{
    const fmt::string_view literal(format);
    return {{literal.data(), literal.size()}, {fmt::format("{}", args)...}};
}

} // namespace metka
