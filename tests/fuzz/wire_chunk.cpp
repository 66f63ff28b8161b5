// A message in chunks holds what a plain reading of RFC 3030 finds in it, and is the same however it is cut.
// The first byte says how.

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "core/wire/chunk_reader.h"
#include "tests/fuzz/plain_message.h"

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

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size)
{
    if (size == 0) return 0;
    const std::string_view text(reinterpret_cast<const char*>(bytes) + 1, size - 1);
    const auto whole = read_in_pieces(text, text.size() + 1);
    if (read_in_pieces(text, std::size_t{bytes[0]} + 1) != whole) std::abort();
    if (read_in_pieces(text, 1) != whole) std::abort();
    const auto plainly = metka::fuzz::read_chunks_plainly(text);
    if (plainly.is_broken != (whole.fault != DataFault::none)) std::abort();
    if (plainly.is_broken) return 0;
    const auto lines = static_cast<std::uint64_t>(std::ranges::count(whole.text, '\n'));
    if (plainly.text != whole.text || lines != whole.lines) std::abort();
    return 0;
}
