#include "cli/general_options.h"

#include <algorithm>

namespace metka::metkactl {

namespace {

bool is_option(std::string_view word)
{
    return word.size() > 1 && word.starts_with('-');
}

bool takes_next(std::string_view word)
{
    return std::ranges::find(options_with_value, word) != options_with_value.end();
}

bool is_general(std::string_view word)
{
    const auto option = word.substr(0, word.find('='));
    return takes_next(option) || std::ranges::find(plain_options, option) != plain_options.end();
}

} // namespace

std::size_t noun_place(std::span<const std::string> words)
{
    std::size_t at = 0;
    while (at < words.size() && is_option(words[at]))
        at += takes_next(words[at]) ? 2 : 1;
    return std::min(at, words.size());
}

std::optional<std::vector<std::string>> words_of(std::string_view noun, std::span<const std::string> words)
{
    const auto place = noun_place(words);
    if (place == words.size() || words[place] != noun) return std::nullopt;
    std::vector<std::string> rest;
    for (std::size_t at = 0; at < words.size(); ++at) {
        const auto& word = words[at];
        const bool is_of_all = is_general(word) && word != "--help";
        if (at != place && !is_of_all) rest.push_back(word);
        if (takes_next(word)) ++at;
    }
    return rest;
}

std::vector<std::string> help_as_option(std::vector<std::string> words)
{
    const auto place = noun_place(words);
    if (place == words.size() || words[place] != "help") return words;
    words.erase(words.begin() + static_cast<std::ptrdiff_t>(place));
    words.emplace_back("--help");
    return words;
}

} // namespace metka::metkactl
