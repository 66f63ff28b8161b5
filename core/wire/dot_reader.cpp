#include "core/wire/dot_reader.h"

namespace metka::wire {

void DotReader::plain(char c, std::string& out)
{
    state_ = c == '\r' ? State::cr : State::in_line;
    check_.take_run({&c, 1}, out);
}

void DotReader::step(char c, std::string& out)
{
    switch (state_) {
    case State::line_start:
        if (c == '.')
            state_ = State::dot;
        else
            plain(c, out);
        return;
    case State::in_line:
        plain(c, out);
        return;
    case State::cr:
        if (c == '\n') {
            check_.end_line(out);
            state_ = State::line_start;
            return;
        }
        check_.bare_cr();
        plain(c, out);
        return;
    case State::dot: // the first dot of a line with more in it goes
        if (c == '\r') {
            state_ = State::dot_cr;
            return;
        }
        ++doubled_dots_;
        plain(c, out);
        return;
    case State::dot_cr:
        if (c == '\n') {
            state_ = State::end;
            return;
        }
        check_.bare_cr();
        plain(c, out);
        return;
    case State::end:
        return;
    }
}

std::size_t DotReader::feed(std::string_view bytes, std::string& out)
{
    std::size_t used = 0;
    const auto clean = bytes.substr(0, bytes.find('\0'));
    while (used < bytes.size() && state_ != State::end) {
        if (state_ == State::line_start && used < clean.size())
            used += check_.take_lines(clean.substr(used), out, LineCheck::Dots::special);
        if (state_ == State::in_line) used += check_.take_run(bytes.substr(used), out);
        if (used == bytes.size()) break;
        step(bytes[used], out);
        ++used;
    }
    constexpr std::uint64_t end_mark = 3;
    octets_ += used;
    if (state_ == State::end && used > 0) octets_ -= end_mark;
    return used;
}

} // namespace metka::wire
