#include "daemon/smtp/transaction.h"

#include <algorithm>
#include <utility>

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

std::optional<wire::MailPath> Transaction::only_recipient() const
{
    return accepted_.size() == 1 ? std::optional(accepted_.front().to) : std::nullopt;
}

std::string Transaction::recipients_shown() const
{
    constexpr std::size_t most = 256; // core/sys/log.h
    std::string shown;
    for (const auto& each : accepted_) {
        if (shown.size() > most) break;
        if (!shown.empty()) shown += ',';
        shown += each.to.text();
    }
    return shown;
}

bool Transaction::never_fits(Bytes size) const
{
    return destinations_.size() == 1 && destinations_.front().capacity &&
           size > *destinations_.front().capacity;
}

void Transaction::log_failure(const Error& error, std::string_view doing) const
{
    sys::log(sys::Level::warning, "smtp.store_failed",
             {{"doing", doing}, {"message", id_.hex()}, {"why", error.text}});
}

void Transaction::want(wire::RcptCommand command, InboxId inbox, Capacity capacity)
{
    Wish wish{.path = command.to.text(), .destination = {.inbox = inbox, .capacity = capacity}};
    wish.command = std::move(command);
    const bool hopeless = mail_.size && capacity && *mail_.size + trace_allowance.count > capacity->count;
    if (hopeless && !known_.contains(inbox)) wish.refusal = replies::mailbox_too_small;
    wishes_.push_back(std::move(wish));
}

void Transaction::refuse(std::string path, const Reply& reply)
{
    wishes_.push_back({.path = std::move(path), .refusal = reply});
}

std::size_t Transaction::unsettled_refusals() const
{
    const auto is_refused = [](const Wish& wish) { return wish.refusal && wish.refusal->code >= 500; };
    return static_cast<std::size_t>(std::ranges::count_if(wishes_, is_refused));
}

std::vector<InboxId> Transaction::unknown_inboxes(const std::vector<Wish>& wishes) const
{
    std::vector<InboxId> unknown;
    std::unordered_set<InboxId> met;
    for (const auto& wish : wishes) {
        const auto& inbox = wish.destination.inbox;
        if (!wish.refusal && !known_.contains(inbox) && met.insert(inbox).second) unknown.push_back(inbox);
    }
    return unknown;
}

awaitable<Transaction::Rooms> Transaction::ask(std::vector<InboxId> inboxes)
{
    Rooms rooms;
    if (inboxes.empty()) co_return rooms;
    held_ = Held::room; // even where the answer gets lost
    const auto promised = co_await sink_.promise(id_, inboxes, promised_);
    if (!promised) log_failure(promised.error(), "promise");
    for (std::size_t i = 0; i < inboxes.size(); ++i)
        rooms.emplace(inboxes[i], promised ? (*promised)[i] : maildir::Room::not_now);
    co_return rooms;
}

Reply Transaction::take(Wish& wish, maildir::Room room)
{
    if (room == maildir::Room::full) return replies::mailbox_full;
    if (room != maildir::Room::held) return replies::try_later;
    if (known_.insert(wish.destination.inbox).second) destinations_.push_back(wish.destination);
    accepted_.push_back(std::move(wish.command));
    return replies::recipient_ok;
}

awaitable<std::vector<Settled>> Transaction::settle()
{
    auto wishes = std::exchange(wishes_, {});
    auto inboxes = unknown_inboxes(wishes);
    const auto rooms = co_await ask(std::move(inboxes));
    std::vector<Settled> settled;
    settled.reserve(wishes.size());
    for (auto& wish : wishes) {
        const auto asked = rooms.find(wish.destination.inbox);
        const auto room = asked == rooms.end() ? maildir::Room::held : asked->second; // held since before
        const auto reply = wish.refusal ? *wish.refusal : take(wish, room);
        settled.push_back({.path = std::move(wish.path), .reply = reply});
    }
    co_return settled;
}

awaitable<Result<maildir::NewMessage>> Transaction::open()
{
    auto opened = co_await sink_.open(id_, destinations_.front().inbox);
    co_return opened;
}

awaitable<Result<void>> Transaction::hand_over(Taken message)
{
    std::vector<InboxId> inboxes;
    inboxes.reserve(destinations_.size());
    for (const auto& destination : destinations_)
        inboxes.push_back(destination.inbox);
    if (auto* const whole = std::get_if<maildir::WholeMessage>(&message)) {
        auto delivered = co_await sink_.deliver(id_, std::move(inboxes), std::move(*whole));
        co_return delivered;
    }
    auto committed = co_await sink_.commit(id_, std::move(inboxes), std::get<maildir::Written>(message));
    co_return committed;
}

awaitable<std::optional<Reply>> Transaction::store(Taken message)
{
    const auto size = size_of(message);
    const auto stored = co_await hand_over(std::move(message));
    if (stored) {
        held_ = Held::stored;
        co_return std::nullopt;
    }
    if (stored.error().fault == Fault::limit)
        co_return never_fits(size) ? replies::mailbox_too_small : replies::mailbox_full;
    log_failure(stored.error(), "store");
    co_return replies::try_later;
}

} // namespace metka::smtp
