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

} // namespace

// The first letter of a line may come long after its blanks, and alone: the next piece goes on from there.
// What belongs to the end of the line is no part of it.
void LineScanner::note_beginning(std::string_view text)
{
    for (const char c : text) {
        if (noted_ == beginning_.size()) return;
        const bool is_before = noted_ == 0 && (c == ' ' || c == '\t');
        if (!is_before && c != '\r') beginning_.at(noted_++) = c;
    }
}

std::optional<Line> LineScanner::next(std::string_view unread, std::size_t& used)
{
    const auto end = unread.find('\n');
    if (end == std::string_view::npos) {
        // `most` bytes and a CR may still become a good line.
        overlong_ = overlong_ || unread.size() > most_ + 1;
        if (overlong_) note_beginning(unread);
        used = overlong_ ? unread.size() : 0;
        return std::nullopt;
    }

    used = end + 1;
    auto text = unread.substr(0, end);
    const bool ended_by_crlf = text.ends_with('\r');
    if (ended_by_crlf) text.remove_suffix(1);
    if (overlong_ || text.size() > most_) {
        note_beginning(text);
        overlong_ = false;
        noted_ = 0;
        return Line{.text = {}, .fault = LineFault::too_long, .beginning = std::exchange(beginning_, {})};
    }
    if (!ended_by_crlf) return Line{.text = text, .fault = LineFault::bare_lf};
    return Line{.text = text, .fault = fault_in(text)};
}

} // namespace metka::wire
