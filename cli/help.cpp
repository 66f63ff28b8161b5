#include "cli/help.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "cli/user_language.h"

namespace metka::metkactl {

namespace {

using control::Need;
using control::Parameter;
using control::Type;
using control::Verb;

using Line = std::pair<std::string, std::string>;

struct Option {
    std::string_view form;
    std::string_view help;
};
constexpr std::array<Option, 5> options{{
    {"--json", "the answer as JSON, with stable names"},
    {"--yes", "do not ask before something is removed or applied"},
    {"--as LOGIN", "in the place of this account, with its rights and no more; for administrators"},
    {"--socket PATH", "metkad's control socket (METKA_SOCKET; /run/metka/control.sock)"},
    {"--help", "this text"},
}};
constexpr Option version_option{"--version", "the version of this program"};
constexpr Option completion_noun{"completion",
                                 "what a shell needs to complete metkactl's words: bash, zsh or fish"};

std::string columns(const std::vector<Line>& lines)
{
    std::size_t width = 0;
    for (const auto& [left, right] : lines)
        width = std::max(width, left.size());
    std::string text;
    for (const auto& [left, right] : lines)
        text += fmt::format("  {:{}}  {}\n", left, width, right);
    return text;
}

std::string every_command(Language language, const std::vector<Option>& more = {})
{
    std::vector<Line> lines;
    lines.reserve(std::size(options) + more.size());
    for (const auto& option : options)
        lines.emplace_back(option.form, said(language, option.help));
    for (const auto& option : more)
        lines.emplace_back(option.form, option.help);
    return fmt::format("\n{}\n{}", said(language, "On every command:"), columns(lines));
}

// Where the present password stands before the new one.
std::vector<Line> lines_of_change(Language language)
{
    return {{"--password-stdin",
             said(language, "two lines of standard input: your own password as it is now, then the new one; "
                            "with --mailbox or --as the new one alone (required)")},
            {"--generate", said(language, "a new password instead, printed once; your own as it is now is "
                                          "asked for, or read from standard input")}};
}

std::vector<Line> lines_for(const Verb& verb, const Parameter& parameter, Language language)
{
    if (!parameter.is_said()) return {};
    const auto help = said(language, parameter.help);
    if (parameter.is_key() || parameter.type == Type::objects) return {{placeholder(parameter), help}};
    const auto required =
        parameter.need == Need::required ? fmt::format(" ({})", said(language, "required")) : "";
    if (parameter.type == Type::password && verb.parameter("current") != nullptr)
        return lines_of_change(language);
    if (parameter.type == Type::password)
        return {{"--password-stdin",
                 fmt::format("{}, {}{}", help, said(language, "from standard input"), required)},
                {"--generate", said(language, "a new password instead, printed once")}};
    if (parameter.type == Type::flag) return {{parameter.flag(), help + required}};
    return {{fmt::format("{} {}", parameter.flag(), placeholder(parameter)), help + required}};
}

// Only `my` is for users; administrators read English.
Language language_of(std::string_view words, Language language)
{
    return words == "my" || words.starts_with("my ") ? language : Language::english;
}

} // namespace

std::string help()
{
    std::vector<Line> lines;
    for (const auto& noun : control::nouns())
        if (noun.noun != "complete") lines.emplace_back(noun.noun, noun.help);
    lines.emplace_back(completion_noun.form, completion_noun.help);
    return fmt::format("metkactl provisions mail: customers, their domains, mailboxes and aliases.\n\n"
                       "  metkactl NOUN VERB [KEY] [--flags]\n\nNouns:\n{}"
                       "\n`metkactl NOUN --help` and `metkactl NOUN VERB --help` say more.\n{}",
                       columns(lines), every_command(Language::english, {version_option}));
}

std::string help_for(std::string_view words, Language user)
{
    const auto language = language_of(words, user);
    std::vector<Line> lines;
    std::string what(words);
    for (const auto& row : control::nouns())
        if (row.noun == words) what += ": " + said(language, row.help);
    const auto below = fmt::format("{} ", words);
    for (const auto& verb : control::verbs())
        if (verb.words().starts_with(below))
            lines.emplace_back(fmt::format("metkactl {}", verb.words()), said(language, verb.help));
    return fmt::format("{}\n\n{}{}", what, columns(lines), every_command(language));
}

std::string help_for(const Verb& verb, Language user)
{
    const auto language = language_of(verb.noun, user);
    std::vector<Line> lines;
    for (const auto& parameter : verb.parameters)
        for (auto& line : lines_for(verb, parameter, language))
            lines.push_back(std::move(line));
    std::vector<Line> fields;
    for (const auto& field : verb.fields)
        fields.emplace_back(field.name, said(language, field.help));
    return fmt::format("{}\n\n  {}\n\n{}\n{}\n{}\n{}\n  {}\n{}", said(language, verb.help), usage(verb),
                       columns(lines), said(language, "Answers with:"), columns(fields),
                       said(language, "Example:"), verb.example, every_command(language));
}

} // namespace metka::metkactl
