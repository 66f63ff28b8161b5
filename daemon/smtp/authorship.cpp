#include "daemon/smtp/authorship.h"

#include <algorithm>
#include <ranges>

#include "core/base/text.h"
#include "core/sys/log.h"
#include "core/wire/address_field.h"
#include "daemon/smtp/claims.h"
#include "daemon/smtp/replies.h"

namespace metka::smtp {

namespace {

using wire::CapturedField;
using wire::FieldName;
using Refusal = std::optional<wire::Reply>;

enum class Answer { yes, no, unreadable, unknown }; // unknown: the directory is away

// What is said of one field of somebody who logged in.
struct FieldReplies {
    wire::Reply not_yours;
    wire::Reply unreadable;
};

Answer unknown(const Error& error)
{
    sys::log(sys::Level::error, "smtp.directory_failed", {{"why", error.text}});
    return Answer::unknown;
}

Answer is_own(const Authorship& by, const wire::MailPath& path)
{
    const auto address = Address::of_recipient(path.local, path.domain);
    if (!address) return Answer::no;
    const auto may = by.directory.may_send_as(*by.account, *address);
    if (!may) return unknown(may.error());
    return *may ? Answer::yes : Answer::no;
}

Answer are_own(const Authorship& by, const CapturedField& field)
{
    const bool whole = field.whole == CapturedField::Whole::yes;
    const auto addresses = whole ? wire::parse_addresses(field.value) : std::nullopt;
    if (!addresses || addresses->empty()) return Answer::unreadable;
    for (const auto& path : *addresses) {
        const auto own = path == by.sender ? Answer::yes : is_own(by, path);
        if (own != Answer::yes) return own;
    }
    return Answer::yes;
}

Refusal refusal_for(Answer answer, const FieldReplies& replies)
{
    if (answer == Answer::yes) return std::nullopt;
    if (answer == Answer::unknown) return replies::try_later;
    return answer == Answer::unreadable ? replies.unreadable : replies.not_yours;
}

constexpr FieldReplies envelope_replies{replies::not_your_address, replies::not_your_address};
constexpr FieldReplies from_replies{replies::not_your_from, replies::from_unreadable};
constexpr FieldReplies sender_replies{replies::not_your_sender, replies::sender_unreadable};

} // namespace

Refusal refuse_sender(const Authorship& by)
{
    if (by.sender.is_null()) return std::nullopt;
    if (!by.account) return refuse_claimed_sender(by);
    return refusal_for(is_own(by, by.sender), envelope_replies);
}

Refusal refuse_authors(const Authorship& by, const std::vector<CapturedField>& fields)
{
    if (!by.account) return refuse_claimed_authors(by, fields);
    const auto resent = std::ranges::find(fields, FieldName::resent_from, &CapturedField::name);
    if (resent != fields.end()) { // the newest stands first
        const auto own = are_own(by, *resent);
        if (own == Answer::yes) return std::nullopt;
        if (own == Answer::unknown) return replies::try_later;
    }
    const auto authors = std::ranges::count(fields, FieldName::from, &CapturedField::name);
    if (authors > 1) return replies::from_twice;
    if (authors == 0 && by.sender.is_null()) return replies::from_missing; // where it is not, it is added
    for (const auto& field : fields) {
        const bool decides = field.name == FieldName::from || field.name == FieldName::sender;
        if (!decides) continue;
        const auto& said = field.name == FieldName::from ? from_replies : sender_replies;
        const auto refusal = refusal_for(are_own(by, field), said);
        if (refusal) return refusal;
    }
    return std::nullopt;
}

bool was_delivered_to(const wire::MailPath& recipient, const std::vector<CapturedField>& fields)
{
    const auto ours = recipient.text();
    return std::ranges::any_of(fields, [&](const CapturedField& field) {
        return field.name == FieldName::delivered_to && same_ignoring_case(trim(field.value), ours);
    });
}

} // namespace metka::smtp
