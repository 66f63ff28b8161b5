#include "cli/output.h"

#include <cerrno>
#include <cstdlib>
#include <system_error>

#include <unistd.h>

#include <fmt/format.h>

namespace metka::metkactl {

Colour wanted_colour()
{
    const char* const no_colour = std::getenv("NO_COLOR"); // https://no-color.org
    const bool plain = no_colour != nullptr && *no_colour != '\0';
    return plain ? Colour::never : Colour::where_it_helps;
}

Style style_of(const CommandLine& line, Language user)
{
    const auto language = line.verb->noun == "my" ? user : Language::english;
    if (line.json) return {Form::json, Colour::never, language};
    if (::isatty(STDOUT_FILENO) != 1) return {Form::piped, Colour::never, language};
    return {Form::terminal, wanted_colour(), language};
}

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

} // namespace metka::metkactl
