#pragma once
// The message inside BDAT (RFC 3030 §2): chunks of counted octets, in which a dot is a dot and the end is
// where LAST says. CRLF becomes LF, also where a chunk ends between the two; a bare CR, a bare LF or a NUL
// condemns the message, as in DATA.
//
// A message need not end in CRLF here. Stored lines do end: what stands in the last one gets the line end it
// lacks, so that the file is a text, and RETR and a relay can send it as lines.

#include "core/wire/line_check.h"

namespace metka::wire {

class ChunkReader {
  public:
    // Takes all of `bytes` and appends to `out` what they hold of the message, never more than they are.
    void feed(std::string_view bytes, std::string& out);
    // Behind the last chunk.
    void finish(std::string& out);

    DataFault fault() const { return check_.fault(); }
    std::uint64_t octets() const { return octets_; } // as received
    std::uint64_t lines() const { return check_.lines(); }

  private:
    enum class State : std::uint8_t { line_start, in_line, cr };

    void take_behind_cr(char c, std::string& out);

    LineCheck check_;
    State state_ = State::line_start;
    std::uint64_t octets_ = 0;
};

} // namespace metka::wire
