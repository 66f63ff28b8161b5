#include "daemon/smtp/message_file.h"

#include <utility>

#include "core/sys/file.h"

namespace metka::smtp {

namespace {

// In pieces whose count fits a byte: so the compiler counts many bytes at once.
std::uint64_t lines_in(std::string_view bytes)
{
    constexpr std::size_t piece = 255;
    std::uint64_t lines = 0;
    for (std::size_t i = 0; i < bytes.size(); i += piece) {
        std::uint8_t of_piece = 0;
        for (const char c : bytes.substr(i, piece))
            of_piece = static_cast<std::uint8_t>(of_piece + (c == '\n' ? 1 : 0));
        lines += of_piece;
    }
    return lines;
}

} // namespace

void MessageFile::write(std::string_view bytes)
{
    if (fault_) return;
    auto wrote = sys::write_whole(file_.get(), bytes, written_.size.count);
    if (!wrote) {
        fault_ = std::move(wrote.error());
        return;
    }
    written_.size.count += bytes.size();
    written_.lines += lines_in(bytes);
}

void MessageFile::settle()
{
    const bool is_short = memory_.is_spent();
    if (file_ && tail_.size() >= (is_short ? page : block)) {
        const auto whole_pages = tail_.size() / page * page;
        write(std::string_view(tail_).substr(0, whole_pages));
        tail_.erase(0, whole_pages);
        if (is_short) tail_.shrink_to_fit();
    }
    if (tail_.size() > block / 4 && !is_short) tail_.reserve(block); // at once, not doubled and doubled again
    memory_.hold(tail_.capacity());
}

maildir::WholeMessage MessageFile::take_whole()
{
    const auto lines = lines_in(tail_);
    return {.text = std::exchange(tail_, {}), .lines = lines}; // in memory until it is stored
}

Result<maildir::Written> MessageFile::finish()
{
    if (!tail_.empty()) write(tail_);
    std::string().swap(tail_);
    memory_.hold(0);
    file_.reset();
    if (fault_) return std::unexpected(*fault_);
    return written_;
}

} // namespace metka::smtp
