#include "daemon/smtp/recipient.h"

#include <array>

#include "core/directory/reception.h"
#include "core/policy/delivery.h"
#include "core/sys/log.h"
#include "daemon/smtp/replies.h"

namespace metka::smtp {

namespace {

using policy::Delivery;

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

} // namespace

std::expected<directory::InboxRecord, wire::Reply> find_recipient(directory::Directory& directory,
                                                                  const RecipientQuestion& question)
{
    auto found = directory::receive(directory, {.local = question.path.local, .domain = question.path.domain},
                                    question.postmaster);
    if (!found) {
        sys::log(sys::Level::error, "smtp.directory_failed", {{"why", found.error().text}});
        return std::unexpected(replies::try_later);
    }
    const auto verdict = policy::judge_delivery(directory::facts_of(found->record), question.now);
    if (verdict != Delivery::accepted) return std::unexpected(refusal(verdict, question.client));
    return *std::move(found->record->inbox);
}

} // namespace metka::smtp
