#include "core/wire/chunk_reader.h"

namespace metka::wire {

void ChunkReader::feed(std::string_view bytes, std::string& out)
{
    octets_ += bytes.size();
    const auto clean = bytes.substr(0, bytes.find('\0'));
    std::size_t used = 0;
    while (used < bytes.size()) {
        if (state_ == State::cr) {
            take_behind_cr(bytes[used], out);
            if (state_ == State::line_start) ++used;
        }
        if (state_ == State::line_start && used < clean.size())
            used += check_.take_lines(clean.substr(used), out, LineCheck::Dots::plain);
        const auto run = check_.take_run(bytes.substr(used), out);
        used += run;
        if (run > 0) state_ = State::in_line;
        if (used == bytes.size()) break;
        state_ = State::cr;
        ++used;
    }
}

void ChunkReader::take_behind_cr(char c, std::string& out)
{
    if (c == '\n')
        check_.end_line(out);
    else
        check_.bare_cr();
    state_ = c == '\n' ? State::line_start : State::in_line;
}

void ChunkReader::finish(std::string& out)
{
    if (state_ == State::cr) check_.bare_cr();
    if (state_ != State::line_start) check_.end_line(out);
    state_ = State::line_start;
}

} // namespace metka::wire
