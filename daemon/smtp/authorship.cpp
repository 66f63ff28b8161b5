#include "daemon/smtp/authorship.h"

#include <algorithm>
#include <ranges>

#include "core/base/text.h"
#include "core/sys/log.h"
#include "core/wire/address_field.h"
#include "daemon/smtp/replies.h"

namespace metka::smtp {

namespace {

using wire::CapturedField;
using wire::FieldName;
using Refusal = std::optional<wire::Reply>;

constexpr std::size_t most_claims = 100; // domains that a message may claim to be from

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

Answer is_protected(const Authorship& by, std::string_view domain)
{
    const auto name = DomainName::parse(domain);
    if (!name) return Answer::no;
    const auto asks = by.directory.protects_senders(*name);
    if (!asks) return unknown(asks.error());
    return *asks ? Answer::yes : Answer::no;
}

// The domains that a From field claims; what cannot be read claims all that it mentions.
std::optional<std::vector<std::string>> claimed_domains(const CapturedField& field)
{
    const auto addresses = wire::parse_addresses(field.value);
    if (field.whole == CapturedField::Whole::cut) return std::nullopt; // what was cut off may claim anything
    if (!addresses) return wire::mentioned_domains(field.value);
    std::vector<std::string> domains;
    for (const auto& path : *addresses)
        if (std::ranges::find(domains, path.domain) == domains.end()) domains.push_back(path.domain);
    return domains;
}

Refusal refuse_strangers(const Authorship& by, const std::vector<CapturedField>& fields)
{
    std::size_t asked = 0; // of all From fields together
    for (const auto& field : fields) {
        if (field.name != FieldName::from) continue;
        const auto domains = claimed_domains(field);
        if (!domains) return replies::from_unreadable;
        asked += domains->size();
        if (asked > most_claims) return replies::from_unreadable;
        for (const auto& domain : *domains) {
            const auto answer = domain == by.sender.domain ? Answer::no : is_protected(by, domain);
            if (answer == Answer::unknown) return replies::try_later;
            if (answer == Answer::yes) return replies::from_protected;
        }
    }
    return std::nullopt;
}

constexpr FieldReplies envelope_replies{replies::not_your_address, replies::not_your_address};
constexpr FieldReplies from_replies{replies::not_your_from, replies::from_unreadable};
constexpr FieldReplies sender_replies{replies::not_your_sender, replies::sender_unreadable};

} // namespace

Refusal refuse_sender(const Authorship& by)
{
    if (by.sender.is_null()) return std::nullopt;
    if (by.account) return refusal_for(is_own(by, by.sender), envelope_replies);
    const auto answer = is_protected(by, by.sender.domain);
    if (answer == Answer::unknown) return replies::try_later;
    return answer == Answer::yes ? Refusal(replies::sender_protected) : std::nullopt;
}

Refusal refuse_authors(const Authorship& by, const std::vector<CapturedField>& fields)
{
    if (!by.account) return refuse_strangers(by, fields);
    const auto resent = std::ranges::find(fields, FieldName::resent_from, &CapturedField::name);
    if (resent != fields.end()) { // the newest stands first
        const auto own = are_own(by, *resent);
        if (own == Answer::yes) return std::nullopt;
        if (own == Answer::unknown) return replies::try_later;
    }
    if (std::ranges::count(fields, FieldName::from, &CapturedField::name) > 1) return replies::from_twice;
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
