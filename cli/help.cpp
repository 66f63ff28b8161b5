#include "cli/help.h"

#include <algorithm>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace metka::metkactl {

namespace {

using control::Need;
using control::Parameter;
using control::Type;
using control::Verb;

using Line = std::pair<std::string, std::string>;

constexpr std::string_view every_command = R"(
On every command:
  --json         the answer as JSON, with stable names
  --yes          do not ask before something is removed
  --socket PATH  metkad's control socket (METKA_SOCKET; /run/metka/control.sock)
  --help         this text
)";

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

std::vector<Line> lines_for(const Parameter& parameter)
{
    if (parameter.need == Need::key) return {{placeholder(parameter), std::string(parameter.help)}};
    const std::string help =
        fmt::format("{}{}", parameter.help, parameter.need == Need::required ? " (required)" : "");
    if (parameter.type == Type::password)
        return {{"--password-stdin", fmt::format("password {}: one line from standard input", help)},
                {"--generate", "a new password instead, printed once"}};
    if (parameter.type == Type::flag) return {{parameter.flag(), help}};
    return {{fmt::format("{} {}", parameter.flag(), placeholder(parameter)), help}};
}

} // namespace

std::string help()
{
    std::vector<Line> lines;
    for (const auto& noun : control::nouns())
        lines.emplace_back(noun.noun, noun.help);
    return fmt::format(
        "metkactl provisions mail: customers, their domains, mailboxes and aliases.\n\n"
        "  metkactl NOUN VERB [KEY] [--flags]\n\nNouns:\n{}"
        "\nVerbs: add, list, show, set, remove. `metkactl NOUN --help` and `metkactl NOUN VERB "
        "--help` say more.\n{}  --version      the version of this program\n",
        columns(lines), every_command);
}

std::string help_for(std::string_view noun)
{
    std::vector<Line> lines;
    std::string_view what;
    for (const auto& row : control::nouns())
        if (row.noun == noun) what = row.help;
    for (const auto& verb : control::verbs())
        if (verb.noun == noun)
            lines.emplace_back(fmt::format("metkactl {} {}", verb.noun, verb.verb), verb.help);
    return fmt::format("{}: {}\n\n{}{}", noun, what, columns(lines), every_command);
}

std::string help_for(const Verb& verb)
{
    std::vector<Line> lines;
    for (const auto& parameter : verb.parameters)
        for (auto& line : lines_for(parameter))
            lines.push_back(std::move(line));
    std::vector<Line> fields;
    for (const auto& field : verb.fields)
        fields.emplace_back(field.name, field.help);
    return fmt::format("{}\n\n  {}\n\n{}\nAnswers with:\n{}\nExample:\n  {}\n{}", verb.help, usage(verb),
                       columns(lines), columns(fields), verb.example, every_command);
}

} // namespace metka::metkactl
