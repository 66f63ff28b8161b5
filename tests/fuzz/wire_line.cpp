// Lines are what a plain reading finds, the same however the bytes are cut, and an overlong one takes no
// memory. The first byte says how they are cut, the second how long a line may be.

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "core/wire/line.h"

using namespace metka::wire;

namespace {

std::string shown(const Line& line)
{
    const std::string_view beginning(line.beginning.data(), line.beginning.size());
    auto text = std::to_string(static_cast<int>(line.fault)) + std::string(line.text);
    return line.fault == LineFault::too_long ? text += beginning : text;
}

// All bytes at hand, one line after the other.
std::vector<std::string> read_plainly(std::string_view bytes, std::size_t most)
{
    std::vector<std::string> lines;
    for (auto end = bytes.find('\n'); end != std::string_view::npos; end = bytes.find('\n')) {
        Line line{.text = bytes.substr(0, end)};
        bytes.remove_prefix(end + 1);
        const bool is_ended = line.text.ends_with('\r');
        if (is_ended) line.text.remove_suffix(1);
        if (line.text.size() > most) {
            auto words = std::string(line.text);
            std::erase(words, '\r');
            words.erase(0, words.find_first_not_of(" \t"));
            words.resize(line.beginning.size());
            std::ranges::copy(words, line.beginning.begin());
            line = {.text = {}, .fault = LineFault::too_long, .beginning = line.beginning};
        } else if (!is_ended) {
            line.fault = LineFault::bare_lf;
        } else if (line.text.contains('\0')) {
            line.fault = LineFault::nul;
        } else if (line.text.contains('\r')) {
            line.fault = LineFault::bare_cr;
        }
        lines.push_back(shown(line));
    }
    return lines;
}

std::vector<std::string> read_in_pieces(std::string_view bytes, std::size_t most, std::size_t piece)
{
    LineScanner scanner(most);
    std::vector<std::string> lines;
    std::string unread;
    while (!bytes.empty()) {
        unread += bytes.substr(0, piece);
        bytes.remove_prefix(std::min(piece, bytes.size()));
        for (;;) {
            std::size_t used = 0;
            const auto line = scanner.next(unread, used);
            if (used > unread.size()) std::abort();
            if (line) {
                if (line->text.size() > most || line->text.contains('\n')) std::abort();
                if (line->fault == LineFault::none &&
                    (line->text.contains('\r') || line->text.contains('\0')))
                    std::abort();
                lines.push_back(shown(*line));
            }
            unread.erase(0, used);
            if (!line) break;
        }
        if (unread.size() > most + 1) std::abort();
    }
    return lines;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size)
{
    if (size < 2) return 0;
    const std::string_view text(reinterpret_cast<const char*>(bytes) + 2, size - 2);
    const std::size_t most = bytes[1];
    const auto whole = read_in_pieces(text, most, text.size() + 1);
    if (read_in_pieces(text, most, std::size_t{bytes[0]} + 1) != whole) std::abort();
    if (read_in_pieces(text, most, 1) != whole) std::abort();
    if (read_plainly(text, most) != whole) std::abort();
    return 0;
}
