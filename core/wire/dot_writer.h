#pragma once
// From a message as it is stored to the bytes that RETR and TOP send (RFC 1939 §3 and §11), block by block,
// however the blocks are cut. Lines are stored with LF and sent with CRLF; a line that another program stored
// with CRLF stays as it is. A last line without an end gets one. A dot that begins a line is doubled; a line
// of one dot ends it all.

#include <cstdint>
#include <string>
#include <string_view>

namespace metka::wire {

class DotWriter {
  public:
    // Appends at most twice as many bytes, and none if empty; for a moment `out` has room for that many.
    void add(std::string_view stored, std::string& out);
    void finish(std::string& out); // once, after the last block

  private:
    char* write(std::string_view stored, char* to);
    char last_ = '\n'; // the byte before: a message begins where a line does
};

// Counts what LIST, STAT and the answer to RETR show: the octets a client has after it has undone the dots.
// That is the stored size, one more for each LF without a CR before it, and two more if the last line has no
// end.
class OctetCounter {
  public:
    void add(std::string_view stored);
    std::uint64_t octets() const;

  private:
    std::uint64_t octets_ = 0;
    char last_ = '\n';
};

// TOP: the header, the empty line after it, and so many lines of the body.
class TopCutter {
  public:
    explicit TopCutter(std::uint64_t body_lines) : left_(body_lines) {}

    std::string_view add(std::string_view stored); // the part of this block to send
    bool is_done() const { return done_; }         // nothing that follows is sent

  private:
    void end_line();
    std::uint64_t left_;
    bool in_body_ = false;
    std::uint64_t line_length_ = 0; // of the line under way, without its LF
    char last_ = '\n';
    bool done_ = false;
};

} // namespace metka::wire
