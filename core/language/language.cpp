#include "core/language/language.h"

#include <algorithm>
#include <array>

#include "core/language/catalogue.h"
#include "core/language/plural.h"

namespace metka::language {

namespace {

using FormOf = std::size_t (*)(std::uint64_t count);

struct Tongue {
    const Catalogue& catalogue;
    FormOf form_of;
};

Tongue tongue_of(Language language)
{
    static const Catalogue polish(polish_catalogue());
    static const Catalogue none({});
    if (language == Language::polish) return {polish, polish_form};
    return {none, english_form};
}

constexpr std::array<std::string_view, 12> months{
    "{} January {}", "{} February {}", "{} March {}",     "{} April {}",   "{} May {}",      "{} June {}",
    "{} July {}",    "{} August {}",   "{} September {}", "{} October {}", "{} November {}", "{} December {}",
};

} // namespace

std::string say(Language language, const Phrase& phrase)
{
    return phrase.in(tongue_of(language).catalogue.find(phrase.format).value_or(phrase.format));
}

std::string say(Language language, const Counted& counted)
{
    const auto tongue = tongue_of(language);
    const auto english = english_form(counted.count) == 0 ? counted.one : counted.many;
    const auto translation = tongue.catalogue.find(counted.one, tongue.form_of(counted.count));
    return Phrase{english, {fmt::to_string(counted.count)}}.in(translation.value_or(english));
}

std::string say(Language language, const Error& error)
{
    const auto translation = tongue_of(language).catalogue.find(error.said.format);
    return translation ? error.said.in(*translation) : error.text;
}

std::string say(Language language, const Date& date)
{
    const auto month = static_cast<unsigned>(date.day().month());
    const auto day = static_cast<unsigned>(date.day().day());
    const auto year = static_cast<int>(date.day().year());
    return say(language, Phrase{months.at(month - 1), {fmt::to_string(day), fmt::to_string(year)}});
}

std::string say(Language language, Bytes bytes)
{
    auto text = bytes.show();
    if (language == Language::polish) std::ranges::replace(text, '.', ',');
    return text;
}

} // namespace metka::language
