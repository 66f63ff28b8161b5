#include "core/wire/smtp_reply.h"

#include <fmt/format.h>

namespace metka::wire {

std::string render(const Reply& reply)
{
    return render(reply, {});
}

std::string render(const Reply& reply, std::string_view detail)
{
    auto line = fmt::format("{} ", reply.code);
    for (const auto part : {reply.enhanced, reply.text, detail}) {
        if (part.empty()) continue;
        if (!line.ends_with(' ')) line += ' ';
        line += part;
    }
    line += "\r\n";
    return line;
}

std::string render(int code, std::span<const std::string> lines)
{
    std::string text;
    for (const auto& line : lines) {
        const char divider = &line == &lines.back() ? ' ' : '-';
        text += fmt::format("{}{}{}\r\n", code, divider, line);
    }
    return text;
}

} // namespace metka::wire
