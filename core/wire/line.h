#pragma once
// Lines of a command dialogue: CRLF ends a line and nothing else does (RFC 5321 §2.3.8, RFC 1939 §3).
//
// A line that breaks the rules is still read to its end before it is reported, so that its rest is never
// taken for the next command. A bare LF ends such a broken line too: a peer that never sends CR is answered,
// not left waiting.

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

namespace metka::wire {

enum class LineFault { none, bare_cr, bare_lf, nul, too_long };

struct Line {
    using Beginning = std::array<char, 16>;

    std::string_view text; // without its end; points into the buffer given to next(). Empty if too_long.
    LineFault fault = LineFault::none;
    Beginning beginning{}; // too_long: what it begins with, from its first letter on; zeros: blanks alone
};

class LineScanner {
  public:
    // `most` counts the line without CRLF. Memory is bounded by `most`, however long the line.
    explicit LineScanner(std::size_t most) : most_(most) {}

    // Looks at the unread bytes. With a whole line: that line, and `used` says how many bytes it took.
    // Without one: nothing, and `used` bytes (the middle of an overlong line) may be dropped before more are
    // read.
    std::optional<Line> next(std::string_view unread, std::size_t& used);

  private:
    void note_beginning(std::string_view text);

    std::size_t most_;
    bool overlong_ = false;
    Line::Beginning beginning_{}; // of an overlong one
    std::size_t noted_ = 0;       // bytes of it
};

} // namespace metka::wire
