#include "daemon/access/maildrop.h"

namespace metka::access {

bool Maildrop::has(std::uint64_t number) const
{
    if (number == 0 || number > size()) return false;
    return marks_.empty() || !marks_[number - 1];
}

void Maildrop::mark(std::uint64_t number)
{
    marks_.resize(size());
    marks_[number - 1] = true;
    ++marked_count_;
    marked_octets_ += octets(number);
}

void Maildrop::reset()
{
    marks_.clear();
    marked_count_ = 0;
    marked_octets_ = 0;
}

std::vector<maildir::MessageIndex> Maildrop::marked() const
{
    std::vector<maildir::MessageIndex> indices;
    indices.reserve(marked_count_);
    for (std::size_t i = 0; i < marks_.size(); ++i)
        if (marks_[i]) indices.push_back(static_cast<maildir::MessageIndex>(i));
    return indices;
}

} // namespace metka::access
