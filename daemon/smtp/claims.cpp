#include "daemon/smtp/claims.h"

#include <algorithm>
#include <array>

#include "core/mime/shown_text.h"
#include "core/sys/log.h"
#include "core/wire/address_field.h"
#include "daemon/smtp/replies.h"

namespace metka::smtp {

namespace {

using wire::CapturedField;
using wire::FieldName;
using Refusal = std::optional<wire::Reply>;
using Domains = std::vector<std::string>;

constexpr std::size_t most_claims = 100; // domains that a message may claim to be from

// What is said of a field that shows an author.
struct FieldRow {
    FieldName name;
    wire::Reply is_protected;
    wire::Reply unreadable;
};
constexpr std::array<FieldRow, 2> rows{{
    {FieldName::from, replies::from_protected, replies::from_unreadable},
    {FieldName::sender, replies::sender_field_protected, replies::sender_unreadable},
}};

Result<bool> is_protected(const Authorship& by, std::string_view domain)
{
    const auto name = DomainName::parse(domain);
    if (!name) return false;
    return by.directory.protects_senders(*name);
}

Refusal refuse_any_of(const Authorship& by, const Domains& domains, const wire::Reply& refusal)
{
    for (const auto& domain : domains) {
        const auto asks = is_protected(by, domain);
        if (!asks) {
            sys::log(sys::Level::error, "smtp.directory_failed", {{"why", asks.error().text}});
            return replies::try_later;
        }
        if (*asks) return refusal;
    }
    return std::nullopt;
}

void add(Domains& domains, const Domains& more)
{
    for (const auto& domain : more)
        if (std::ranges::find(domains, domain) == domains.end()) domains.push_back(domain);
}

// Of all readings together. None: what was cut off, or is too much to be looked at, may claim anything.
std::optional<Domains> claimed_domains(const CapturedField& field)
{
    if (field.whole == CapturedField::Whole::cut) return std::nullopt;
    auto domains = wire::mentioned_domains(field.value);
    const auto shown = wire::mentioned_domains(mime::shown_text(field.value));
    if (!domains || !shown) return std::nullopt;
    add(*domains, *shown);
    return domains;
}

// An address at the number of a host mentions no domain.
bool names_an_address(const CapturedField& field)
{
    const auto addresses = wire::parse_addresses(field.value);
    return addresses && !addresses->empty();
}

Refusal refuse_for_readers(const Authorship& by)
{
    Domains domains;
    for (const auto& recipient : by.recipients)
        add(domains, {recipient.to.domain});
    return refuse_any_of(by, domains, replies::from_nobody);
}

} // namespace

Refusal refuse_claimed_sender(const Authorship& by)
{
    return refuse_any_of(by, {by.sender.domain}, replies::sender_protected);
}

Refusal refuse_claimed_authors(const Authorship& by, const std::vector<CapturedField>& fields)
{
    std::size_t asked = 0; // of all fields together
    for (const auto& field : fields) {
        const auto* const row = std::ranges::find(rows, field.name, &FieldRow::name);
        if (row == rows.end()) continue;
        auto domains = claimed_domains(field);
        if (!domains) return row->unreadable;
        asked += domains->size();
        if (asked > most_claims) return row->unreadable;
        const bool is_nobody = field.name == FieldName::from && domains->empty() && !names_an_address(field);
        std::erase(*domains, by.sender.domain);
        const auto refusal =
            is_nobody ? refuse_for_readers(by) : refuse_any_of(by, *domains, row->is_protected);
        if (refusal) return refusal;
    }
    return std::nullopt;
}

} // namespace metka::smtp
