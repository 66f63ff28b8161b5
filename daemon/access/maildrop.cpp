#include "daemon/access/maildrop.h"

namespace metka::access {

Maildrop::Maildrop(std::vector<maildir::Listed> messages, std::size_t most) : messages_(std::move(messages))
{
    if (messages_.size() > most) messages_.resize(most);
    reset();
}

const maildir::Listed* Maildrop::find(std::uint64_t number) const
{
    if (number == 0 || number > messages_.size() || marked_[number - 1]) return nullptr;
    return &messages_[number - 1];
}

void Maildrop::mark(std::uint64_t number)
{
    marked_[number - 1] = true;
    --count_;
    octets_ -= messages_[number - 1].octets;
}

void Maildrop::reset()
{
    marked_.assign(messages_.size(), false);
    count_ = messages_.size();
    octets_ = 0;
    for (const auto& message : messages_)
        octets_ += message.octets;
}

std::vector<std::string> Maildrop::marked_names() const
{
    std::vector<std::string> names;
    for (std::size_t i = 0; i < messages_.size(); ++i)
        if (marked_[i]) names.push_back(messages_[i].name);
    return names;
}

} // namespace metka::access
