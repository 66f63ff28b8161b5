#include "daemon/smtp/recipient.h"

#include <array>

#include "core/policy/delivery.h"
#include "core/sys/log.h"
#include "daemon/smtp/replies.h"

namespace metka::smtp {

namespace {

using directory::RecipientRecord;
using policy::Delivery;
using Found = Result<std::optional<RecipientRecord>>;

struct VerdictRow {
    Delivery verdict;
    wire::Reply reply;
};

constexpr std::array<VerdictRow, 5> refusals{{
    {Delivery::not_ours, replies::relaying_denied},
    {Delivery::domain_suspended, replies::domain_suspended},
    {Delivery::unknown, replies::no_such_mailbox},
    {Delivery::suspended, replies::mailbox_suspended},
    {Delivery::expired, replies::mailbox_expired},
}};

wire::Reply refusal(Delivery verdict, Client client)
{
    if (verdict == Delivery::not_ours && client == Client::logged_in) return replies::no_other_hosts;
    for (const auto& row : refusals)
        if (row.verdict == verdict) return row.reply;
    return replies::try_later;
}

// A local part that nobody can have: is at least the domain ours?
Found domain_alone(directory::Directory& directory, const wire::MailPath& path)
{
    const auto somebody = Address::of_recipient("postmaster", path.domain);
    if (!somebody) return std::nullopt;
    auto found = directory.recipient(*somebody);
    if (found && *found) (*found)->inbox.reset();
    return found;
}

Found operators_inbox(directory::Directory& directory, const RecipientQuestion& question)
{
    return question.postmaster ? directory.recipient(*question.postmaster) : Found(RecipientRecord{});
}

// Every active domain has these two (RFC 5321 §4.5.1, RFC 2142 §4): where nobody provisioned them, the
// operator reads them.
bool is_for_the_operator(const RecipientRecord& record, const Address& address)
{
    return !record.inbox && record.domain == DomainState::active &&
           (address.local() == "postmaster" || address.local() == "abuse");
}

Found look_up(directory::Directory& directory, const RecipientQuestion& question)
{
    const auto& path = question.path;
    if (path.is_literal()) return std::nullopt;
    if (path.domain.empty()) return operators_inbox(directory, question);
    const auto address = Address::of_recipient(path.local, path.domain);
    if (!address) return domain_alone(directory, path);
    auto found = directory.recipient(*address);
    if (!found || !*found || !is_for_the_operator(**found, *address)) return found;
    auto of_operator = operators_inbox(directory, question);
    return of_operator && *of_operator ? of_operator : found;
}

policy::RecipientFacts facts_of(const std::optional<RecipientRecord>& record)
{
    policy::RecipientFacts facts;
    if (!record) return facts;
    facts.domain = record->domain;
    if (record->inbox)
        facts.inbox = policy::InboxFacts{
            .standing = record->inbox->suspended ? Standing::suspended : Standing::active,
            .valid_ends = record->inbox->valid_ends,
        };
    return facts;
}

} // namespace

std::expected<directory::InboxRecord, wire::Reply> find_recipient(directory::Directory& directory,
                                                                  const RecipientQuestion& question)
{
    auto found = look_up(directory, question);
    if (!found) {
        sys::log(sys::Level::error, "smtp.directory_failed", {{"why", found.error().text}});
        return std::unexpected(replies::try_later);
    }
    const auto verdict = policy::judge_delivery(facts_of(*found), question.now);
    if (verdict != Delivery::accepted) return std::unexpected(refusal(verdict, question.client));
    return *std::move((*found)->inbox);
}

} // namespace metka::smtp
