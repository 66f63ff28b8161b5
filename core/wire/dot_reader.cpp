#include "core/wire/dot_reader.h"

#include <algorithm>

namespace metka::wire {

void DotReader::condemn(DataFault fault)
{
    if (fault_ == DataFault::none) fault_ = fault;
}

void DotReader::emit(char c, std::string& out)
{
    if (fault_ == DataFault::none) out += c;
}

void DotReader::plain(char c, std::string& out)
{
    state_ = c == '\r' ? State::cr : State::in_line;
    if (c == '\r') return;
    if (c == '\n') condemn(DataFault::bare_lf);
    if (c == '\0') condemn(DataFault::nul);
    emit(c, out);
}

// Everything up to the next CR in one go; one LF or NUL in it condemns the message.
std::size_t DotReader::take_run(std::string_view bytes, std::string& out)
{
    const auto run = bytes.substr(0, bytes.find('\r'));
    if (fault_ == DataFault::none) {
        const auto bare_lf = run.find('\n');
        const auto nul = run.find('\0');
        if (bare_lf != nul)
            condemn(bare_lf < nul ? DataFault::bare_lf : DataFault::nul); // equal: there is neither
    }
    if (fault_ == DataFault::none) out.append(run);
    return run.size();
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
            emit('\n', out);
            ++lines_;
            state_ = State::line_start;
            return;
        }
        condemn(DataFault::bare_cr);
        plain(c, out);
        return;
    case State::dot: // the first dot of a line with more in it goes
        if (c == '\r')
            state_ = State::dot_cr;
        else
            plain(c, out);
        return;
    case State::dot_cr:
        if (c == '\n') {
            state_ = State::end;
            return;
        }
        condemn(DataFault::bare_cr);
        plain(c, out);
        return;
    case State::end:
        return;
    }
}

std::size_t DotReader::feed(std::string_view bytes, std::string& out)
{
    std::size_t used = 0;
    while (used < bytes.size() && state_ != State::end) {
        if (state_ == State::in_line) used += take_run(bytes.substr(used), out);
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
