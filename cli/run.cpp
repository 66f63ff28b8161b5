#include "cli/run.h"

#include <cerrno>
#include <cstdlib>
#include <system_error>

#include <unistd.h>

#include <fmt/format.h>

#include "cli/command_line.h"
#include "cli/connection.h"
#include "cli/show.h"
#include "cli/terminal.h"
#include "core/base/text.h"
#include "core/control/request.h"

namespace metka::metkactl {

namespace {

using control::Json;

constexpr std::int64_t request_id = 1;

Style style_of(const CommandLine& line)
{
    if (line.json) return {Form::json};
    if (::isatty(STDOUT_FILENO) != 1) return {Form::piped};
    const char* const no_colour = std::getenv("NO_COLOR"); // https://no-color.org: set and not empty
    const bool plain = no_colour != nullptr && *no_colour != '\0';
    return {Form::terminal, plain ? Colour::never : Colour::where_it_helps};
}

bool is_dry_run(const CommandLine& line)
{
    return Json(line.params).member("dry_run") != nullptr;
}

Outcome<void> ask_before_removing(const CommandLine& line)
{
    if (line.verb->effect != control::Effect::destroys || line.yes || is_dry_run(line)) return {};
    const auto params = Json(line.params);
    const auto* const key = params.member(line.verb->key()->name);
    const auto subject = fmt::format("{} {}", line.verb->noun,
                                     key != nullptr && key->text() != nullptr ? escaped(*key->text()) : "");
    if (!talks_to_a_person())
        return stop(status::usage, fmt::format("{} would be removed: say --yes to mean it", subject));
    if (!confirm(fmt::format("Remove {} for good?", subject)))
        return stop(status::usage, "nothing was removed");
    return {};
}

// The password that the request takes along; empty if it takes none.
Outcome<Secret> password_for(const CommandLine& line)
{
    if (line.password == PasswordFrom::generator) return Secret::random_password();
    if (line.password == PasswordFrom::standard_input) return read_password();
    const auto* const wanted = line.verb->parameter("password");
    if (wanted == nullptr || wanted->need != control::Need::required || is_dry_run(line)) return Secret();
    if (talks_to_a_person()) return read_password();
    return stop(status::usage, fmt::format("{} {} needs a password: say --password-stdin or --generate",
                                           line.verb->noun, line.verb->verb));
}

Outcome<Json> ask_metkad(CommandLine& line, const Secret& password)
{
    auto params = line.params;
    if (!password.empty()) params.push_back({"password", password.reveal()});
    auto request = control::request_line(request_id, *line.verb, Json(std::move(params)));
    const auto answer = ask(line.socket, request);
    wipe(request);
    if (!answer) return std::unexpected(answer.error());
    auto result = control::parse_answer(*answer, request_id);
    if (!result) return stop(exit_code(result.error().fault), result.error().text);
    return std::move(*result);
}

std::string show_password(const Secret& password, Style style)
{
    return fmt::format("password{}{}\n", style.form == Form::terminal ? ": " : "\t", password.reveal());
}

std::string text_of(const CommandLine& line, Json answer, const Secret& password, Style style)
{
    const bool printed_once = line.password == PasswordFrom::generator && !is_dry_run(line);
    auto* const members = std::get_if<control::JsonObject>(&answer.value);
    if (printed_once && style.form == Form::json && members != nullptr)
        members->push_back({"password", password.reveal()});
    auto text = show(*line.verb, answer, style);
    if (printed_once && style.form != Form::json) text += show_password(password, style);
    return text;
}

// A reader that has gone is no fault of ours, and none to talk about.
Outcome<void> print(std::string_view text)
{
    while (!text.empty()) {
        const auto written = ::write(STDOUT_FILENO, text.data(), text.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0 && errno == EPIPE) return stop(status::io, "");
        if (written < 0)
            return stop(status::io, fmt::format("the answer cannot be written: standard output: {}",
                                                std::generic_category().message(errno)));
        text.remove_prefix(static_cast<std::size_t>(written));
    }
    return {};
}

Outcome<void> carry_out(CommandLine& line)
{
    if (const auto sure = ask_before_removing(line); !sure) return std::unexpected(sure.error());
    const auto password = password_for(line);
    if (!password) return std::unexpected(password.error());
    auto answer = ask_metkad(line, *password);
    if (!answer) return std::unexpected(answer.error());
    auto text = text_of(line, std::move(*answer), *password, style_of(line));
    const auto printed = print(text);
    wipe(text);
    return printed;
}

int end(const Failure& failure)
{
    if (!failure.text.empty()) fmt::print(stderr, "metkactl: {}\n", escaped(failure.text, 4096));
    return failure.status;
}

} // namespace

int run(std::vector<std::string> words)
{
    const char* const socket = std::getenv("METKA_SOCKET");
    auto line = read_command_line(std::move(words), socket != nullptr ? socket : "/run/metka/control.sock");
    if (!line && line.error().help.empty()) return end(line.error());
    if (!line) {
        const auto printed = print(line.error().help);
        return printed ? line.error().status : end(printed.error());
    }
    const auto done = carry_out(*line);
    return done ? 0 : end(done.error());
}

} // namespace metka::metkactl
