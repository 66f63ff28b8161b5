#include "cli/progress_bar.h"

#include <algorithm>
#include <cstdlib>
#include <string_view>

#include <sys/ioctl.h>
#include <unistd.h>

#include <fmt/format.h>

#include "core/base/text.h"

namespace metka::metkactl {

namespace {

using namespace std::chrono_literals;

constexpr auto shortest_pause = 100ms;
constexpr std::size_t usual_columns = 80;
constexpr std::size_t least_bar = 10;
constexpr std::size_t most_bar = 40;
constexpr std::size_t most_words = 40;
constexpr std::string_view to_begin_of_line = "\r\x1B[K"; // and clears it

void write_to_terminal(std::string_view text)
{
    while (!text.empty()) {
        const auto written = ::write(STDERR_FILENO, text.data(), text.size());
        if (written <= 0) return;
        text.remove_prefix(static_cast<std::size_t>(written));
    }
}

bool is_terminal()
{
    const char* const kind = std::getenv("TERM");
    return ::isatty(STDERR_FILENO) == 1 && (kind == nullptr || std::string_view(kind) != "dumb");
}

std::size_t terminal_columns()
{
    winsize size{};
    return ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : usual_columns;
}

std::string bar_of(std::size_t done, std::size_t width, Colour colour)
{
    std::string filled(done, '=');
    if (done > 0 && done < width) filled.back() = '>';
    const auto rest = std::string(width - done, ' ');
    return colour == Colour::never ? fmt::format("[{}{}]", filled, rest)
                                   : fmt::format("[\x1B[32m{}\x1B[0m{}]", filled, rest);
}

} // namespace

std::string with_commas(std::uint64_t number)
{
    auto text = fmt::to_string(number);
    for (auto at = static_cast<std::ptrdiff_t>(text.size()) - 3; at > 0; at -= 3)
        text.insert(static_cast<std::size_t>(at), ",");
    return text;
}

std::string progress_text(const control::Progress& progress, std::size_t columns, Colour colour)
{
    const auto what = escaped(progress.what, most_words);
    const auto room = columns > 0 ? columns - 1 : 0; // the last column would wrap on some terminals
    if (progress.total == 0) return fmt::format("{} {}", what, with_commas(progress.done)).substr(0, room);
    const auto done = std::min(progress.done, progress.total);
    const auto share = static_cast<double>(done) / static_cast<double>(progress.total);
    const auto tail = fmt::format(" {} of {} {:3} %", with_commas(done), with_commas(progress.total),
                                  static_cast<int>(share * 100));
    const auto taken = what.size() + 1 + 2 + tail.size(); // a blank, two brackets
    if (room < taken + least_bar) return fmt::format("{}{}", what, tail).substr(0, room);
    const auto width = std::min(room - taken, most_bar);
    const auto filled = static_cast<std::size_t>(share * static_cast<double>(width));
    return fmt::format("{} {}{}", what, bar_of(filled, width, colour), tail);
}

ProgressBar::ProgressBar(Colour colour) : is_seen_(is_terminal()), colour_(colour) {}

ProgressBar::~ProgressBar()
{
    if (drawn_) write_to_terminal(to_begin_of_line);
}

void ProgressBar::show(const control::Progress& progress)
{
    const auto now = std::chrono::steady_clock::now();
    if (!is_seen_ || (drawn_ && now - last_ < shortest_pause)) return;
    drawn_ = true;
    last_ = now;
    write_to_terminal(
        fmt::format("{}{}", to_begin_of_line, progress_text(progress, terminal_columns(), colour_)));
}

} // namespace metka::metkactl
