#include "daemon/smtp/transaction.h"

#include <algorithm>

#include "core/sys/log.h"
#include "daemon/smtp/limits.h"
#include "daemon/smtp/replies.h"

namespace metka::smtp {

using asio::awaitable;
using wire::Reply;

Transaction::Transaction(maildir::MailSink& sink, maildir::MessageId id, wire::MailCommand mail)
    : sink_(sink),
      id_(id),
      mail_(std::move(mail)),
      promised_(mail_.size ? Bytes{*mail_.size + trace_allowance.count} : undeclared_size)
{
}

Transaction::~Transaction()
{
    if (held_ == Held::room) sink_.abandon(id_);
}

bool Transaction::leads_to(const InboxId& inbox) const
{
    return std::ranges::any_of(destinations_, [&](const auto& each) { return each.inbox == inbox; });
}

bool Transaction::never_fits(Bytes size) const
{
    return destinations_.size() == 1 && destinations_.front().capacity &&
           size > *destinations_.front().capacity;
}

Reply Transaction::refusal_for(const Error& error, std::string_view doing) const
{
    if (error.fault == Fault::limit) return replies::mailbox_full;
    sys::log(sys::Level::warning, "smtp.store_failed",
             {{"doing", doing}, {"message", id_.hex()}, {"why", error.text}});
    return replies::try_later;
}

awaitable<std::optional<Reply>> Transaction::add(wire::MailPath path, InboxId inbox, Capacity capacity)
{
    if (!leads_to(inbox)) {
        const bool hopeless = mail_.size && capacity && *mail_.size > capacity->count;
        if (hopeless) co_return replies::mailbox_too_small;
        held_ = Held::room; // even where the answer gets lost
        const auto promise = co_await sink_.promise(id_, inbox, promised_);
        if (!promise) co_return refusal_for(promise.error(), "promise");
        destinations_.push_back(Destination{.inbox = inbox, .capacity = capacity});
    }
    ++recipients_;
    only_recipient_ = recipients_ == 1 ? std::optional(std::move(path)) : std::nullopt;
    co_return std::nullopt;
}

awaitable<Result<maildir::NewMessage>> Transaction::open()
{
    auto opened = co_await sink_.open(id_, destinations_.front().inbox);
    co_return opened;
}

awaitable<std::optional<Reply>> Transaction::commit(maildir::Written written)
{
    std::vector<InboxId> inboxes;
    inboxes.reserve(destinations_.size());
    for (const auto& destination : destinations_)
        inboxes.push_back(destination.inbox);
    const auto committed = co_await sink_.commit(id_, std::move(inboxes), written);
    if (!committed && committed.error().fault == Fault::limit && never_fits(written.size))
        co_return replies::mailbox_too_small;
    if (!committed) co_return refusal_for(committed.error(), "commit");
    held_ = Held::committed;
    co_return std::nullopt;
}

} // namespace metka::smtp
