#include "daemon/smtp/receipts.h"

#include "core/base/text.h"

namespace metka::smtp {

namespace {

constexpr std::size_t most_shown = 400; // a path has at most 256 octets (RFC 5321 §4.5.3.1.3)

} // namespace

Receipts::Receipts(Source source, std::size_t room) : source_(std::move(source)), room_(room) {}

ReceiptCode Receipts::keep(household::Refusal refusal)
{
    auto code = source_();
    while (places_.contains(code))
        code = source_();
    const auto place = kept_.size() < room_ ? kept_.size() : oldest_;
    if (place == kept_.size()) {
        kept_.push_back({.code = code, .refusal = std::move(refusal)});
    } else {
        places_.erase(kept_[place].code);
        kept_[place] = {.code = code, .refusal = std::move(refusal)};
        oldest_ = (oldest_ + 1) % room_;
    }
    places_.emplace(code, place);
    return code;
}

const household::Refusal* Receipts::find(const ReceiptCode& code) const
{
    const auto found = places_.find(code);
    return found == places_.end() ? nullptr : &kept_[found->second].refusal;
}

std::string Receipts::shown(std::string_view text)
{
    return escaped(text, most_shown);
}

} // namespace metka::smtp
