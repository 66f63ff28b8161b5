#include "cli/run.h"

#include <cstdlib>
#include <utility>

#include <fmt/format.h>

#include "cli/apply.h"
#include "cli/command_line.h"
#include "cli/completion.h"
#include "cli/general_options.h"
#include "cli/order.h"
#include "cli/output.h"
#include "cli/progress_bar.h"
#include "cli/question.h"
#include "cli/show.h"
#include "cli/terminal.h"
#include "cli/user_language.h"
#include "core/base/text.h"
#include "core/control/arguments.h"
#include "core/language/language.h"

namespace metka::metkactl {

namespace {

using control::Json;

// Nobody should say yes to what is refused then.
Outcome<void> rehearse(const CommandLine& line, Language user)
{
    if (line.verb->parameter("dry_run") == nullptr) return {};
    auto params = line.params;
    params.push_back({"dry_run", true});
    auto connection = Connection::open(line.socket);
    if (!connection) return std::unexpected(connection.error());
    const auto answer = order(*connection, *line.verb, std::move(params), envelope_of(line, user), {});
    if (!answer) return std::unexpected(answer.error());
    return {};
}

Outcome<void> ask_before_removing(const CommandLine& line, Language user, Language language)
{
    if (line.verb->effect != control::Effect::destroys || line.yes || line.is_dry_run()) return {};
    const auto question = removal_question(line, language);
    if (!talks_to_a_person())
        return stop(status::usage, language::say(language, phrase("{} – say --yes to mean it", question)));
    if (const auto possible = rehearse(line, user); !possible) return std::unexpected(possible.error());
    if (!confirm(question, language)) return stop(status::usage, said(language, "nothing was removed"));
    return {};
}

// What a request takes along besides what the command line says; each empty if it takes none.
struct Passwords {
    Secret current;
    Secret fresh;
};

// Values are for metkad to judge; but nobody should type a password only to hear of a slip in the address.
Outcome<void> check_before_asking(const CommandLine& line, Language language)
{
    auto params = line.params;
    if (!line.is_dry_run()) params.push_back({"dry_run", true}); // which needs no password
    const auto arguments = control::Arguments::read(*line.verb, Json(std::move(params)));
    if (arguments) return {};
    return stop(exit_code(arguments.error().fault), language::say(language, arguments.error()));
}

bool wants_current(const CommandLine& line)
{
    return line.verb->parameter("current") != nullptr && !line.as &&
           Json(line.params).member("mailbox") == nullptr;
}

// Nobody is asked: where no new password is at hand another stands for it, so that the plan tells of one.
Outcome<Passwords> passwords_for_rehearsal(const CommandLine& line, Language language)
{
    Passwords passwords;
    const bool is_optional = line.verb->parameter("password")->is_optional();
    if (is_optional && line.password != PasswordFrom::nowhere) passwords.fresh = Secret::random_password();
    if (!wants_current(line) || line.password == PasswordFrom::nowhere) return passwords;
    auto current = read_password_if_there(language);
    if (!current) return std::unexpected(current.error());
    passwords.current = std::move(*current);
    return passwords;
}

// Who stands in for an account need not know its password, and may have said it all the same.
Outcome<void> refuse_second_line(const CommandLine& line, Language language)
{
    const bool might_stand_there = line.as && line.verb->parameter("current") != nullptr &&
                                   Json(line.params).member("mailbox") == nullptr;
    if (!might_stand_there || talks_to_a_person() || is_all_read()) return {};
    return stop(status::usage,
                said(language, "with --as the current password is not wanted: say the new one, one line"));
}

Outcome<Passwords> passwords_for(const CommandLine& line, Language language)
{
    Passwords passwords;
    const auto* const wanted = line.verb->parameter("password");
    if (wanted == nullptr) return passwords;
    if (line.is_dry_run()) return passwords_for_rehearsal(line, language);
    if (const auto checked = check_before_asking(line, language); !checked)
        return std::unexpected(checked.error());
    const bool required = wanted->need == control::Need::required;
    if (line.password == PasswordFrom::nowhere && required && !talks_to_a_person())
        return stop(status::usage,
                    language::say(language, phrase("{} needs a password: say --password-stdin or --generate",
                                                   line.verb->words())));
    if (wants_current(line)) {
        auto current = read_current_password(language);
        if (!current) return std::unexpected(current.error());
        passwords.current = std::move(*current);
    }
    if (line.password == PasswordFrom::generator) {
        passwords.fresh = Secret::random_password();
    } else if (line.password == PasswordFrom::standard_input || required) {
        const auto place = wants_current(line) ? NewPassword::second_line : NewPassword::only_line;
        auto fresh = read_new_password(place, language);
        if (!fresh) return std::unexpected(fresh.error());
        if (const auto one = refuse_second_line(line, language); !one) return std::unexpected(one.error());
        passwords.fresh = std::move(*fresh);
    }
    return passwords;
}

Outcome<Json> ask_metkad(const CommandLine& line, const Passwords& passwords, Language user)
{
    auto params = line.params;
    if (!passwords.current.empty()) params.push_back({"current", passwords.current.reveal()});
    if (!passwords.fresh.empty()) params.push_back({"password", passwords.fresh.reveal()});
    auto connection = Connection::open(line.socket);
    if (!connection) return std::unexpected(connection.error());
    ProgressBar bar(wanted_colour());
    const auto told = [&bar](const control::Progress& progress) { bar.show(progress); };
    return order(*connection, *line.verb, std::move(params), envelope_of(line, user), told);
}

std::string show_password(const Secret& password, Style style)
{
    if (style.form != Form::terminal) return fmt::format("password\t{}\n", password.reveal());
    return fmt::format("{}: {}\n", said(style.language, "password"), password.reveal());
}

// Cron is told what a sweep found, not each thing that it did.
void drop_steps(Json& answer)
{
    if (auto* const members = std::get_if<control::JsonObject>(&answer.value))
        std::erase_if(*members, [](const auto& member) { return member.name == "steps"; });
}

std::string text_of(const CommandLine& line, Json answer, const Secret& password, Style style)
{
    const bool printed_once = line.password == PasswordFrom::generator && !line.is_dry_run();
    auto* const members = std::get_if<control::JsonObject>(&answer.value);
    if (printed_once && style.form == Form::json && members != nullptr)
        members->push_back({"password", password.reveal()});
    const bool rehearsed = line.is_dry_run() || Json(line.params).member("at") != nullptr;
    if (line.verb->effect == control::Effect::sweeps && style.form == Form::piped && !rehearsed)
        drop_steps(answer);
    auto text = show(*line.verb, answer, style);
    if (printed_once && style.form != Form::json) text += show_password(password, style);
    return text;
}

bool finds_difference(const control::Verb& verb, const Json& answer)
{
    const auto* const differs = answer.member("differs");
    return verb.effect == control::Effect::compares && differs != nullptr && differs->truth() != nullptr &&
           *differs->truth();
}

Outcome<int> carry_out(const CommandLine& line, Language user)
{
    const auto style = style_of(line, user);
    if (!line.file.empty()) return apply(line, envelope_of(line, user), style);
    if (const auto sure = ask_before_removing(line, user, style.language); !sure)
        return std::unexpected(sure.error());
    const auto passwords = passwords_for(line, style.language);
    if (!passwords) return std::unexpected(passwords.error());
    auto answer = ask_metkad(line, *passwords, user);
    if (!answer) return std::unexpected(answer.error());
    const int ended = finds_difference(*line.verb, *answer) ? status::differs : 0;
    auto text = text_of(line, std::move(*answer), passwords->fresh, style);
    const auto printed = print(text);
    wipe(text);
    if (!printed) return std::unexpected(printed.error());
    return ended;
}

int end(const Failure& failure)
{
    std::string_view front =
        "metkactl: "; // of the first line; metka.yaml may have several faults, a line each
    if (!failure.text.empty())
        for (const auto line : split(failure.text, '\n'))
            fmt::print(stderr, "{}{}\n", std::exchange(front, "          "), escaped(line, 4096));
    return failure.status;
}

int end_of_printing(std::string_view text)
{
    const auto printed = print(text);
    return printed ? 0 : end(printed.error());
}

} // namespace

int run(std::vector<std::string> words)
{
    const char* const named = std::getenv("METKA_SOCKET");
    const std::string socket = named != nullptr ? named : "/run/metka/control.sock";
    const auto user = user_language();
    if (!words.empty() && words.front() == "__complete")
        return end_of_printing(completions({words.begin() + 1, words.end()}, socket));
    words = help_as_option(std::move(words));
    if (const auto of_completion = words_of("completion", words)) {
        const auto script = completion_script(*of_completion);
        return script ? end_of_printing(*script) : end(script.error());
    }
    const auto line = read_command_line(std::move(words), socket, user);
    if (!line && line.error().help.empty()) return end(line.error());
    if (!line) return end_of_printing(line.error().help);
    const auto done = carry_out(*line, user);
    return done ? *done : end(done.error());
}

} // namespace metka::metkactl
