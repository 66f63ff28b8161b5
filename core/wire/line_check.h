#pragma once
// What both ways to send a message, DATA and BDAT, hold its bytes to: lines end in CRLF, and there is no
// other CR or LF and no NUL (RFC 5321 §2.3.8). The first byte that breaks this condemns the message; nothing
// of it is kept from there on, but it is still read to its real end.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace metka::wire {

enum class DataFault { none, bare_cr, bare_lf, nul };

class LineCheck {
  public:
    enum class Dots { special, plain };

    // The quick way for what is right: whole lines, from the start of one on, up to one that is not good or
    // not all there, or begins with a special dot. `bytes` hold no NUL. How much that was.
    std::size_t take_lines(std::string_view bytes, std::string& out, Dots dots);
    // Everything up to the first CR: appended to `out`, unless an LF or a NUL in it condemns the message.
    // How much that was.
    std::size_t take_run(std::string_view bytes, std::string& out);

    void end_line(std::string& out); // CR LF was read; LF is kept
    void bare_cr() { condemn(DataFault::bare_cr); }
    DataFault fault() const { return fault_; } // the first one met
    std::uint64_t lines() const { return lines_; }

  private:
    void condemn(DataFault fault);

    DataFault fault_ = DataFault::none;
    std::uint64_t lines_ = 0;
};

} // namespace metka::wire
