#include "daemon/smtp/message_file.h"

#include <algorithm>

#include "core/sys/file.h"

namespace metka::smtp {

void MessageFile::write(std::string_view bytes)
{
    if (fault_) return;
    auto wrote = sys::write_whole(file_.get(), bytes, written_.size.count);
    if (!wrote) {
        fault_ = std::move(wrote.error());
        return;
    }
    written_.size.count += bytes.size();
    written_.lines += static_cast<std::uint64_t>(std::ranges::count(bytes, '\n'));
}

void MessageFile::write_blocks()
{
    std::string_view rest = tail_;
    for (; rest.size() >= block; rest.remove_prefix(block))
        write(rest.substr(0, block));
    tail_.erase(0, tail_.size() - rest.size());
}

Result<maildir::Written> MessageFile::finish()
{
    write_blocks();
    if (!tail_.empty()) write(tail_);
    tail_.clear();
    file_.reset();
    if (fault_) return std::unexpected(*fault_);
    return written_;
}

} // namespace metka::smtp
