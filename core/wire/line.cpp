#include "core/wire/line.h"

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

std::optional<Line> LineScanner::next(std::string_view unread, std::size_t& used)
{
    const auto end = unread.find('\n');
    if (end == std::string_view::npos) {
        // `most` bytes and a CR may still become a good line.
        overlong_ = overlong_ || unread.size() > most_ + 1;
        used = overlong_ ? unread.size() : 0;
        return std::nullopt;
    }

    used = end + 1;
    auto text = unread.substr(0, end);
    const bool ended_by_crlf = text.ends_with('\r');
    if (ended_by_crlf) text.remove_suffix(1);
    const bool too_long = overlong_ || text.size() > most_;
    overlong_ = false;
    if (too_long) return Line{.text = {}, .fault = LineFault::too_long};
    if (!ended_by_crlf) return Line{.text = text, .fault = LineFault::bare_lf};
    return Line{.text = text, .fault = fault_in(text)};
}

} // namespace metka::wire
