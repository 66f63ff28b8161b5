#include <array>

#include "core/policy/login.h"
#include "core/sys/log.h"
#include "daemon/smtp/authorship.h"
#include "daemon/smtp/recipient.h"
#include "daemon/smtp/replies.h"
#include "daemon/smtp/session.h"

namespace metka::smtp {

using asio::awaitable;

namespace {

using wire::CommandFault;

constexpr std::size_t most_unsettled = 100; // recipients that are asked about with one question

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

std::optional<wire::Reply> Session::account_refused() const
{
    if (!login_) return std::nullopt;
    const auto account = with_.directory.inbox(login_->account);
    if (!account) {
        sys::log(sys::Level::error, "smtp.directory_failed", {{"why", account.error().text}});
        return replies::try_later;
    }
    if (!*account) return replies::account_closed;
    const auto verdict = policy::judge_login(
        {.suspended = (*account)->suspended, .valid_ends = (*account)->valid_ends, .now = with_.clock.now()});
    if (policy::lets_in(verdict, policy::LoginPurpose::sending)) return std::nullopt;
    return replies::account_closed;
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
    const bool beyond_helo = greeting_.form == Greeting::Form::helo && command->has_parameters;
    if (beyond_helo) {
        say(replies::unknown_parameter);
        co_return Flow::goes_on;
    }
    auto refusal = account_refused();
    if (!refusal) refusal = refuse_sender(authorship(command->from));
    if (refusal) {
        say(*refusal);
        co_return Flow::goes_on;
    }
    transaction_.emplace(with_.sink, maildir::MessageId::make(with_.clock.now()), std::move(*command));
    say(replies::sender_ok);
    co_return Flow::goes_on;
}

Session::Step Session::rcpt(Arguments arguments)
{
    auto command = wire::parse_rcpt(arguments, transaction_->mail().letters);
    if (!command) {
        transaction_->refuse(std::string(arguments), row_of(command.error()).in_rcpt);
        co_return Flow::goes_on;
    }
    const bool beyond_helo = greeting_.form == Greeting::Form::helo && command->has_parameters;
    if (beyond_helo) {
        transaction_->refuse(command->to.text(), replies::unknown_parameter);
        co_return Flow::goes_on;
    }
    if (transaction_->recipients() + transaction_->unsettled() >= house_.limits.recipients) {
        transaction_->refuse(command->to.text(), replies::too_many_recipients);
        co_return Flow::goes_on;
    }
    const RecipientQuestion question{
        .path = command->to,
        .client = login_ ? Client::logged_in : Client::stranger,
        .postmaster = house_.postmaster,
        .now = with_.clock.now(),
    };
    const auto inbox = find_recipient(with_.directory, question);
    if (inbox)
        transaction_->want(std::move(*command), inbox->id, inbox->capacity);
    else
        transaction_->refuse(command->to.text(), inbox.error());
    if (transaction_->unsettled() >= most_unsettled) co_await settle_recipients();
    co_return Flow::goes_on;
}

awaitable<void> Session::settle_recipients()
{
    auto settled = co_await transaction_->settle();
    for (auto& each : settled) {
        asked_ = {.verb = "RCPT", .path = std::move(each.path)};
        say(each.reply);
    }
    asked_ = {};
}

} // namespace metka::smtp
