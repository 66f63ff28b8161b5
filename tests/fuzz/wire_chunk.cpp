// A message in chunks holds what a plain reading of RFC 3030 finds in it, and is the same however it is cut.
// The first byte says how.

#include <cstdint>
#include <cstdlib>
#include <string>

#include "core/wire/chunk_reader.h"

using namespace metka::wire;

namespace {

struct Read {
    DataFault fault = DataFault::none;
    std::string text;
    std::uint64_t lines = 0;
    bool operator==(const Read&) const = default;
};

Read read_in_pieces(std::string_view bytes, std::size_t piece)
{
    ChunkReader reader;
    Read read;
    for (std::size_t i = 0; i < bytes.size(); i += piece)
        reader.feed(bytes.substr(i, piece), read.text);
    reader.finish(read.text);
    if (reader.octets() != bytes.size() || read.text.size() > bytes.size() + 1) std::abort();
    read.fault = reader.fault();
    if (read.fault != DataFault::none) return {.fault = read.fault};
    read.lines = reader.lines();
    return read;
}

// The slow and plain reading; nothing is read of a message that is broken.
std::string read_plainly(std::string_view bytes, bool& broken)
{
    std::string text;
    broken = bytes.contains('\0');
    while (!bytes.empty()) {
        const auto end = bytes.find("\r\n");
        const auto line = bytes.substr(0, end);
        broken = broken || line.contains('\r') || line.contains('\n');
        text += line;
        text += '\n';
        bytes.remove_prefix(end == std::string_view::npos ? bytes.size() : end + 2);
    }
    return text;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size)
{
    if (size == 0) return 0;
    const std::string_view text(reinterpret_cast<const char*>(bytes) + 1, size - 1);
    const auto whole = read_in_pieces(text, text.size() + 1);
    if (read_in_pieces(text, std::size_t{bytes[0]} + 1) != whole) std::abort();
    if (read_in_pieces(text, 1) != whole) std::abort();
    bool broken = false;
    const auto plainly = read_plainly(text, broken);
    if (broken != (whole.fault != DataFault::none)) std::abort();
    if (!broken && plainly != whole.text) std::abort();
    return 0;
}
