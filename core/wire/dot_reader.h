#pragma once
// The message inside DATA (RFC 5321 §4.5.2): CRLF becomes LF, the dot in front of a line goes, and CRLF "."
// CRLF ends it – nothing else does. A bare CR, a bare LF or a NUL condemns the message, but it is still read
// to its real end, so that what follows can never be taken for commands (SMTP smuggling, CVE-2023-51764).
//
// One automaton, fed with chunks of any size; how the bytes are cut changes nothing.

#include "core/wire/line_check.h"

namespace metka::wire {

class DotReader {
  public:
    // Appends to `out` what `bytes` hold of the message and returns how many of them were used: all, or up to
    // the end of the message. `out` never grows by more than was used. After a fault nothing is appended.
    std::size_t feed(std::string_view bytes, std::string& out);

    bool at_end() const { return state_ == State::end; }
    DataFault fault() const { return check_.fault(); } // the first one met
    // As it was before the client doubled dots, CRs included, without the end mark (RFC 1870 §3).
    std::uint64_t octets() const { return octets_ - doubled_dots_; }
    std::uint64_t lines() const { return check_.lines(); }

  private:
    enum class State : std::uint8_t { line_start, in_line, cr, dot, dot_cr, end };

    void step(char c, std::string& out);
    void plain(char c, std::string& out); // a byte that is not in a place of its own

    LineCheck check_;
    State state_ = State::line_start;
    std::uint64_t octets_ = 0;
    std::uint64_t doubled_dots_ = 0;
};

} // namespace metka::wire
