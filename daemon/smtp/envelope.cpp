#include <array>

#include "core/sys/log.h"
#include "daemon/smtp/recipient.h"
#include "daemon/smtp/replies.h"
#include "daemon/smtp/session.h"

namespace metka::smtp {

namespace {

using wire::CommandFault;

struct FaultRow {
    CommandFault fault;
    wire::Reply in_mail;
    wire::Reply in_rcpt;
};

constexpr std::array<FaultRow, 5> faults{{
    {CommandFault::syntax, replies::bad_mail_syntax, replies::bad_rcpt_syntax},
    {CommandFault::path, replies::bad_sender, replies::bad_recipient},
    {CommandFault::not_ascii, replies::not_ascii, replies::not_ascii},
    {CommandFault::unknown_parameter, replies::unknown_parameter, replies::unknown_parameter},
    {CommandFault::bad_parameter, replies::bad_parameter, replies::bad_parameter},
}};

const FaultRow& row_of(CommandFault fault)
{
    return faults[static_cast<std::size_t>(fault)];
}

} // namespace

// RFC 6409 §6.1: who logged in sends as themselves, or a receipt from nobody.
const wire::Reply* Session::sender_refused(const wire::MailPath& from)
{
    if (!login_ || from.is_null()) return nullptr;
    const auto address = Address::of_recipient(from.local, from.domain);
    if (!address) return &replies::not_your_address;
    const auto may = with_.directory.may_send_as(login_->account, *address);
    if (may) return *may ? nullptr : &replies::not_your_address;
    sys::log(sys::Level::error, "smtp.directory_failed", {{"session", id_}, {"why", may.error().text}});
    return &replies::try_later;
}

Session::Step Session::mail(Arguments arguments)
{
    const bool login_missing = listener_.login == Login::required && !login_;
    if (login_missing) {
        say(channel_.is_tls() ? replies::log_in_first : replies::tls_first);
        co_return Flow::goes_on;
    }
    auto command = wire::parse_mail(arguments);
    if (!command) {
        say(row_of(command.error()).in_mail);
        co_return Flow::goes_on;
    }
    if (command->size && *command->size > house_.limits.message.count) {
        say(replies::message_too_large);
        co_return Flow::goes_on;
    }
    if (const auto* const refusal = sender_refused(command->from)) {
        say(*refusal);
        co_return Flow::goes_on;
    }
    transaction_.emplace(with_.sink, maildir::MessageId::make(with_.clock.now()), std::move(*command));
    say(replies::sender_ok);
    co_return Flow::goes_on;
}

Session::Step Session::rcpt(Arguments arguments)
{
    auto command = wire::parse_rcpt(arguments);
    if (!command) {
        say(row_of(command.error()).in_rcpt);
        co_return Flow::goes_on;
    }
    if (transaction_->recipients() >= house_.limits.recipients) {
        say(replies::too_many_recipients);
        co_return Flow::goes_on;
    }
    const RecipientQuestion question{
        .path = command->to,
        .client = login_ ? Client::logged_in : Client::stranger,
        .postmaster = house_.postmaster,
        .now = with_.clock.now(),
    };
    const auto inbox = find_recipient(with_.directory, question);
    if (!inbox) {
        say(inbox.error());
        co_return Flow::goes_on;
    }
    const auto refused = co_await transaction_->add(std::move(command->to), inbox->id, inbox->capacity);
    say(refused.value_or(replies::recipient_ok));
    co_return Flow::goes_on;
}

} // namespace metka::smtp
