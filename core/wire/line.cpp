#include "core/wire/line.h"

#include <algorithm>
#include <utility>

namespace metka::wire {

namespace {

// What is wrong inside `text`, a line without its end.
LineFault fault_in(std::string_view text)
{
    if (text.contains('\0')) return LineFault::nul;
    if (text.contains('\r')) return LineFault::bare_cr;
    return LineFault::none;
}

Line::Beginning beginning_of(std::string_view text)
{
    text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
    Line::Beginning beginning{};
    std::ranges::copy(text.substr(0, beginning.size()), beginning.begin());
    return beginning;
}

} // namespace

std::optional<Line> LineScanner::next(std::string_view unread, std::size_t& used)
{
    const auto end = unread.find('\n');
    if (end == std::string_view::npos) {
        // `most` bytes and a CR may still become a good line.
        if (!overlong_ && unread.size() > most_ + 1) {
            overlong_ = true;
            beginning_ = beginning_of(unread);
        }
        used = overlong_ ? unread.size() : 0;
        return std::nullopt;
    }

    used = end + 1;
    auto text = unread.substr(0, end);
    const bool ended_by_crlf = text.ends_with('\r');
    if (ended_by_crlf) text.remove_suffix(1);
    if (!overlong_ && text.size() > most_) {
        overlong_ = true;
        beginning_ = beginning_of(text);
    }
    if (std::exchange(overlong_, false))
        return Line{.text = {}, .fault = LineFault::too_long, .beginning = beginning_};
    if (!ended_by_crlf) return Line{.text = text, .fault = LineFault::bare_lf};
    return Line{.text = text, .fault = fault_in(text)};
}

} // namespace metka::wire
