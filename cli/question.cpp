#include "cli/question.h"

#include <algorithm>
#include <array>

#include "core/base/text.h"
#include "core/language/language.h"

namespace metka::metkactl {

namespace {

// The first row of a method whose flag was said, or that has none.
struct Row {
    std::string_view method;
    std::string_view flag;
    std::string_view question; // {}: what goes
};
constexpr std::array<Row, 14> questions{{
    {"customer.remove", "recursive", "Remove customer {} and all that belongs to it?"},
    {"customer.remove", "", "Remove customer {}?"},
    {"domain.remove", "recursive", "Remove domain {} and all addresses in it?"},
    {"domain.remove", "", "Remove domain {}?"},
    {"shell.remove", "remove_unix_user",
     "Remove shell account {}, its Unix user and the home with all files in it?"},
    {"shell.remove", "recursive", "Remove shell account {} and all that belongs to it?"},
    {"shell.remove", "", "Remove shell account {}?"},
    {"mailbox.remove", "", "Remove mailbox {} with its aliases?"},
    {"alias.remove", "", "Remove alias {}?"},
    {"my.alias.remove", "", "Remove the alias {}?"},
    {"mailbox.app-password.remove", "", "Remove the app password “{}”?"},
    {"shell.app-password.remove", "", "Remove the app password “{}”?"},
    {"my.app-password.remove", "", "Remove the app password “{}”?"},
    {"my.mailbox.remove", "", "Remove the mailbox {} with its mail?"},
}};

// What goes is the key, or what belongs to it and has a name.
const control::Parameter* removed_by(const control::Verb& verb)
{
    const auto named =
        std::ranges::find(verb.parameters, control::Type::password_name, &control::Parameter::type);
    return named != verb.parameters.end() ? &*named : verb.key();
}

} // namespace

std::string removal_question(const CommandLine& line, Language language)
{
    const control::Json params(line.params);
    const auto* const parameter = removed_by(*line.verb);
    const auto* const said = parameter != nullptr ? params.member(parameter->name) : nullptr;
    const auto subject = said != nullptr && said->text() != nullptr ? escaped(*said->text()) : "";
    const auto method = line.verb->method();
    const auto row = std::ranges::find_if(questions, [&](const Row& candidate) {
        return candidate.method == method &&
               (candidate.flag.empty() || params.member(candidate.flag) != nullptr);
    });
    const auto question = row != questions.end() ? row->question : "Remove {}?";
    return language::say(language, Phrase{question, {subject}});
}

} // namespace metka::metkactl
