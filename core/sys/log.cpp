#include "core/sys/log.h"

#include <array>
#include <atomic>
#include <chrono>
#include <unistd.h>

#include <fmt/chrono.h>

#include "core/base/text.h"

namespace metka::sys {

namespace {

struct Line {
    std::string program = "metka";
    std::atomic<Level> least = Level::info;
};

Line& line()
{
    static Line settings;
    return settings;
}

// A second has many lines, and its text costs as much as all the rest of a line.
const std::string& up_to_second(std::time_t second)
{
    thread_local std::time_t last = -1;
    thread_local std::string text;
    if (second != last) text = fmt::format("{:%Y-%m-%dT%H:%M:%S}", fmt::gmtime(second));
    last = second;
    return text;
}

constexpr std::array<std::string_view, 4> level_names{"error", "warning", "info", "debug"};

bool needs_quotes(std::string_view value)
{
    return value.empty() || value.find_first_of(" =\"") != std::string_view::npos;
}

void append(std::string& out, const Field& field)
{
    auto value = escaped(field.value);
    out += fmt::format(" {}=", field.key);
    if (!needs_quotes(value)) {
        out += value;
        return;
    }
    out += '"';
    for (const char c : value) {
        if (c == '"' || c == '\\') out += '\\';
        out += c;
    }
    out += '"';
}

} // namespace

void log_as(std::string program, Level least)
{
    line().program = std::move(program);
    log_from(least);
}

void log_from(Level least)
{
    line().least = least;
}

void log(Level level, std::string_view event, std::initializer_list<Field> fields)
{
    if (level > line().least) return;
    const auto now = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
    const auto ms = now.time_since_epoch().count() % 1000;
    auto out = fmt::format("{}.{:03}Z {}[{}] {} {}", up_to_second(std::chrono::system_clock::to_time_t(now)),
                           ms, line().program, getpid(), level_names[static_cast<std::size_t>(level)], event);
    for (const auto& field : fields)
        append(out, field);
    out += '\n';
    // One write(2) a line: lines of several programs on one descriptor do not mix. A full log stops nothing.
    if (write(STDERR_FILENO, out.data(), out.size()) < 0) return;
}

} // namespace metka::sys
