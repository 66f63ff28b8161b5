#include "core/wire/dot_writer.h"

#include <algorithm>

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
    const auto before = out.size();
    out.resize_and_overwrite(before + 2 * stored.size(), [&](char* begin, std::size_t) {
        return static_cast<std::size_t>(write(stored, begin + before) - begin);
    });
}

// Returns the end of what it has written.
char* DotWriter::write(std::string_view stored, char* to)
{
    while (!stored.empty()) {
        if (last_ == '\n' && stored.front() == '.') *to++ = '.';
        const auto stretch = rest_of_line(stored);
        to = std::copy(stretch.begin(), stretch.end(), to);
        if (!stretch.empty()) last_ = stretch.back();
        stored.remove_prefix(stretch.size());
        if (stored.empty()) break;
        if (last_ != '\r') *to++ = '\r';
        *to++ = last_ = '\n';
        stored.remove_prefix(1);
    }
    return to;
}

void DotWriter::finish(std::string& out)
{
    out += last_ == '\n' ? ".\r\n" : "\r\n.\r\n";
    last_ = '\n';
}

void OctetCounter::add(std::string_view stored)
{
    if (stored.empty()) return;
    // Without a branch and without a state: the compiler counts many bytes at once.
    std::size_t bare = stored.front() == '\n' && last_ != '\r' ? 1 : 0;
    for (std::size_t i = 1; i < stored.size(); ++i)
        bare += static_cast<std::size_t>(stored[i] == '\n') & static_cast<std::size_t>(stored[i - 1] != '\r');
    octets_ += stored.size() + bare;
    last_ = stored.back();
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
