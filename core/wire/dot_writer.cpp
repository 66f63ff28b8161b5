#include "core/wire/dot_writer.h"

namespace metka::wire {

namespace {

// A stretch of one line without its LF.
std::string_view rest_of_line(std::string_view stored)
{
    return stored.substr(0, stored.find('\n'));
}

} // namespace

void DotWriter::add(std::string_view stored, std::string& out)
{
    while (!stored.empty()) {
        if (last_ == '\n' && stored.front() == '.') out += '.';
        const auto stretch = rest_of_line(stored);
        out += stretch;
        if (!stretch.empty()) last_ = stretch.back();
        stored.remove_prefix(stretch.size());
        if (stored.empty()) return;
        out += last_ == '\r' ? "\n" : "\r\n";
        last_ = '\n';
        stored.remove_prefix(1);
    }
}

void DotWriter::finish(std::string& out)
{
    out += last_ == '\n' ? ".\r\n" : "\r\n.\r\n";
    last_ = '\n';
}

void OctetCounter::add(std::string_view stored)
{
    octets_ += stored.size();
    for (const char byte : stored) {
        if (byte == '\n' && last_ != '\r') ++octets_;
        last_ = byte;
    }
}

std::uint64_t OctetCounter::octets() const
{
    return last_ == '\n' ? octets_ : octets_ + 2;
}

std::string_view TopCutter::add(std::string_view stored)
{
    std::size_t used = 0;
    while (!done_ && used < stored.size()) {
        const auto stretch = rest_of_line(stored.substr(used));
        line_length_ += stretch.size();
        if (!stretch.empty()) last_ = stretch.back();
        used += stretch.size();
        if (used == stored.size()) break;
        ++used;
        end_line();
    }
    return stored.substr(0, used);
}

void TopCutter::end_line()
{
    const bool empty = line_length_ == 0 || (line_length_ == 1 && last_ == '\r');
    if (in_body_)
        --left_;
    else
        in_body_ = empty;
    line_length_ = 0;
    done_ = in_body_ && left_ == 0;
}

} // namespace metka::wire
