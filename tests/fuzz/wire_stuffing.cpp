// A stored message, cut into blocks in any way, reaches the client whole: what it un-stuffs is the message
// with CRLF line ends, in exactly the octets that were counted. The first two bytes choose the size of blocks
// and TOP's lines.

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "core/wire/dot_writer.h"
#include "tests/fuzz/plain_message.h"

using namespace metka::wire;

namespace {

void require(bool holds)
{
    if (!holds) std::abort();
}

// The header, the empty line and so many lines.
std::string_view top_of(std::string_view stored, std::uint64_t lines)
{
    std::size_t used = 0;
    for (bool in_body = false; used < stored.size() && !(in_body && lines == 0);) {
        const auto line = stored.substr(used, stored.find('\n', used) - used);
        used = std::min(used + line.size() + 1, stored.size());
        if (in_body)
            --lines;
        else
            in_body = line.empty() || line == "\r";
    }
    return stored.substr(0, used);
}

std::string received(std::string_view sent)
{
    std::string message;
    while (!sent.starts_with(".\r\n")) {
        const auto end = sent.find("\r\n");
        require(end != std::string_view::npos);
        auto line = sent.substr(0, end + 2);
        sent.remove_prefix(line.size());
        if (line.starts_with('.')) line.remove_prefix(1);
        message += line;
    }
    require(sent.size() == 3);
    return message;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size)
{
    if (size < 2) return 0;
    const std::size_t block = bytes[0] + std::size_t{1};
    const std::uint64_t lines = bytes[1];
    const std::string_view stored(reinterpret_cast<const char*>(bytes) + 2, size - 2);

    DotWriter writer;
    OctetCounter counter;
    TopCutter cutter(lines);
    std::string sent, top;
    for (std::size_t at = 0; at < stored.size(); at += block) {
        const auto piece = stored.substr(at, block);
        writer.add(piece, sent);
        counter.add(piece);
        top += cutter.add(piece);
    }
    writer.finish(sent);

    const auto message = received(sent);
    require(message == metka::fuzz::with_crlf(stored));
    require(message.size() == counter.octets());
    require(stored.starts_with(top));
    require(cutter.is_done() || top == stored);

    TopCutter whole(lines);
    require(whole.add(stored) == top);
    require(top_of(stored, lines) == top);
    return 0;
}
