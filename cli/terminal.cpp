#include "cli/terminal.h"

#include <cerrno>
#include <csignal>
#include <optional>

#include <termios.h>
#include <unistd.h>

#include <fmt/format.h>

#include "cli/user_language.h"
#include "core/base/text.h"
#include "core/control/arguments.h"
#include "core/language/language.h"

namespace metka::metkactl {

namespace {

constexpr std::size_t most_read = control::most_current_password;

volatile std::sig_atomic_t caught = 0;

void say(std::string_view text)
{
    while (!text.empty()) {
        const auto written = ::write(STDERR_FILENO, text.data(), text.size());
        if (written <= 0) return;
        text.remove_prefix(static_cast<std::size_t>(written));
    }
}

// No echo until it goes. Ctrl-C ends the read instead of the process, so that the terminal is never left
// silent; the signal takes effect afterwards.
class Silence {
  public:
    Silence()
    {
        ::tcgetattr(STDIN_FILENO, &before_);
        termios silent = before_;
        silent.c_lflag &= ~static_cast<tcflag_t>(ECHO | ECHONL);
        struct sigaction note{};
        note.sa_handler = [](int number) { caught = number; };
        ::sigaction(SIGINT, &note, &old_interrupt_);
        ::sigaction(SIGTERM, &note, &old_terminate_);
        ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
    }
    Silence(const Silence&) = delete;
    Silence& operator=(const Silence&) = delete;
    ~Silence()
    {
        ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
        ::sigaction(SIGINT, &old_interrupt_, nullptr);
        ::sigaction(SIGTERM, &old_terminate_, nullptr);
        say("\n");
        if (caught != 0) std::raise(caught);
    }

  private:
    termios before_{};
    struct sigaction old_interrupt_{};
    struct sigaction old_terminate_{};
};

// Byte by byte, so that nothing of a password stays in a buffer of a library.
std::optional<Secret> read_line()
{
    std::string line;
    line.reserve(most_read + 2);
    for (;;) {
        char c = 0;
        const auto got = ::read(STDIN_FILENO, &c, 1);
        if (got < 0 && errno == EINTR && caught == 0) continue;
        if (got < 0 || (got == 0 && line.empty())) return std::nullopt;
        if (got == 0 || c == '\n') break;
        if (line.size() < most_read + 1) line += c;
    }
    if (line.ends_with('\r')) line.pop_back();
    return Secret::take(std::move(line));
}

std::optional<Secret> ask_silently(std::string_view question)
{
    const Silence silence; // before the question: nothing that is typed after it is echoed
    say(question);
    return read_line();
}

// What no account can have is said before it is sent: in a request it would be a fault of another kind.
Outcome<Secret> sound(Secret password, std::size_t most, Language language)
{
    if (password.reveal().size() > most)
        return stop(status::usage,
                    language::say(language, phrase("the password is longer than {} bytes", most)));
    if (!is_utf8(password.reveal()))
        return stop(status::usage,
                    said(language, "the password is not UTF-8: set the terminal or the file to UTF-8"));
    return password;
}

Outcome<Secret> ask_once(Language language)
{
    auto given = ask_silently(said(language, "Current password: "));
    if (!given || given->empty()) return stop(status::usage, said(language, "no password was given"));
    return sound(std::move(*given), control::most_current_password, language);
}

Outcome<Secret> ask_twice(Language language)
{
    auto first = ask_silently(said(language, "New password: "));
    if (!first || first->empty()) return stop(status::usage, said(language, "no password was given"));
    const auto second = ask_silently(said(language, "Once more: "));
    if (!second || !first->same_as(second->reveal()))
        return stop(status::usage, said(language, "the two passwords differ"));
    return sound(std::move(*first), control::most_new_password, language);
}

Outcome<Secret> read_piped(std::string_view missing, std::size_t most, Language language)
{
    auto line = read_line();
    if (!line || line->empty()) return stop(status::usage, said(language, missing));
    return sound(std::move(*line), most, language);
}

} // namespace

bool talks_to_a_person()
{
    return ::isatty(STDIN_FILENO) == 1 && ::isatty(STDERR_FILENO) == 1;
}

Outcome<Secret> read_new_password(NewPassword place, Language language)
{
    if (talks_to_a_person()) return ask_twice(language);
    return read_piped(place == NewPassword::only_line
                          ? "no new password was given: it is one line of standard input"
                          : "no new password was given: it is the second line of standard input, behind "
                            "the current one",
                      control::most_new_password, language);
}

Outcome<Secret> read_current_password(Language language)
{
    return talks_to_a_person()
               ? ask_once(language)
               : read_piped("no current password was given: it is the first line of standard input",
                            control::most_current_password, language);
}

Outcome<Secret> read_password_if_there(Language language)
{
    if (::isatty(STDIN_FILENO) == 1) return Secret();
    auto line = read_line();
    if (!line) return Secret();
    return sound(std::move(*line), control::most_current_password, language);
}

bool is_all_read()
{
    const auto more = read_line();
    return !more || more->empty();
}

bool confirm(const std::string& question, Language language)
{
    const bool polish = language == Language::polish;
    say(question + (polish ? " [t/N] " : " [y/N] "));
    const auto line = read_line();
    if (!line) return false;
    const auto answer = lower(trim(line->reveal()));
    return answer == "y" || answer == "yes" || (polish && (answer == "t" || answer == "tak"));
}

} // namespace metka::metkactl
