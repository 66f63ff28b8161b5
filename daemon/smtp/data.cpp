#include "core/sys/log.h"
#include "daemon/smtp/authorship.h"
#include "daemon/smtp/replies.h"
#include "daemon/smtp/session.h"

namespace metka::smtp {

using asio::awaitable;
using net::Heard;

std::string_view Session::protocol() const
{
    if (greeting_.form != Greeting::Form::ehlo) return "SMTP";
    const bool utf8 = transaction_->mail().letters == wire::Letters::utf8;
    if (!channel_.is_tls()) return utf8 ? "UTF8SMTP" : "ESMTP";
    if (!login_) return utf8 ? "UTF8SMTPS" : "ESMTPS";
    return utf8 ? "UTF8SMTPSA" : "ESMTPSA";
}

Trace Session::trace() const
{
    return Trace{
        .host = house_.host,
        .helo = greeting_.name,
        .peer = channel_.peer(),
        .protocol = protocol(),
        .tls = channel_.tls_summary(),
        .id = transaction_->id().hex(),
        .sender = transaction_->sender(),
        .only_recipient = transaction_->only_recipient(),
        .now = with_.clock.now(),
    };
}

Session::Step Session::data(Arguments)
{
    if (transaction_->recipients() == 0) {
        say(replies::no_recipients);
        co_return Flow::goes_on;
    }
    const auto limited = co_await sending_refused();
    if (limited) {
        say(limited->reply, limited->detail); // its receipt tells of the transaction
        reset_transaction();
        co_return Flow::goes_on;
    }
    auto intake = begin_message(Intake::Form::dots);
    say(replies::go_ahead);
    const auto heard = co_await receive(intake);
    if (heard != Heard::line) co_return farewell(heard);
    co_await deliver(intake);
    reset_transaction();
    co_return Flow::goes_on;
}

Intake Session::begin_message(Intake::Form form) const
{
    const auto fields = trace();
    const IntakeLimits limits{.message = house_.limits.message,
                              .hops = house_.limits.hops,
                              .whole = maildir::most_whole(transaction_->recipients())};
    Intake intake(form, limits, login_ ? submission_fields(fields) : wire::MissingFields{}, with_.memory);
    intake.write(trace_fields(fields));
    return intake;
}

awaitable<Heard> Session::receive(Intake& intake)
{
    channel_.stand(net::Standing::stays);
    Arrival arrival(house_.limits, std::chrono::steady_clock::now());
    for (;;) {
        const auto used = intake.feed(channel_.buffered());
        channel_.consume(used);
        arrival.note(used);
        if (intake.wants_file()) co_await open_file_for(intake);
        if (intake.at_end()) co_return Heard::line;
        const auto patience = within_session(arrival.patience(std::chrono::steady_clock::now()));
        const auto heard = co_await channel_.fill(patience);
        if (heard != Heard::line) co_return heard;
    }
}

Authorship Session::authorship(const wire::MailPath& sender) const
{
    return {.directory = with_.directory,
            .account = login_ ? AccountId(login_->account) : std::nullopt,
            .sender = sender,
            .recipients = transaction_ ? transaction_->accepted() : std::span<const wire::RcptCommand>()};
}

// What is wrong with the header, now that all of it is there.
std::optional<wire::Reply> Session::header_refused(const Intake& intake) const
{
    const auto recipient = transaction_->only_recipient();
    // Who logged in and sends their own mail on to themselves is no loop.
    if (!login_ && recipient && was_delivered_to(*recipient, intake.captured()))
        return replies::delivered_before;
    return refuse_authors(authorship(transaction_->sender()), intake.captured());
}

awaitable<void> Session::open_file_for(Intake& intake)
{
    auto opened = co_await transaction_->open();
    if (opened) {
        intake.use(std::move(opened->file));
        co_return;
    }
    sys::log(sys::Level::warning, "smtp.store_failed",
             {{"session", id_}, {"doing", "open"}, {"why", opened.error().text}});
    intake.refuse(opened.error().fault == Fault::limit ? replies::mailbox_full : replies::try_later);
}

awaitable<void> Session::deliver(Intake& intake)
{
    auto fault = intake.fault();
    if (!fault) fault = account_refused(); // a large message comes for hours
    if (!fault) fault = header_refused(intake);
    if (fault) {
        say(*fault);
        co_return;
    }
    auto taken = intake.finish();
    if (!taken) {
        say(taken.error());
        co_return;
    }
    const auto id = transaction_->id().hex();
    const auto size = size_of(*taken);
    const auto refused = co_await transaction_->store(std::move(*taken));
    if (refused) {
        say(*refused);
        co_return;
    }
    if (postmark_) postmark_->keep();
    errors_ = 0; // who sends many messages in a session may have an error in each
    sys::log(sys::Level::info, "smtp.accepted",
             {{"session", id_},
              {"message", id},
              {"from", transaction_->sender().text()},
              {"to", transaction_->recipients_shown()},
              {"recipients", transaction_->recipients()},
              {"octets", size.count},
              {"login", login_ ? login_->name : std::string()}});
    say(replies::accepted, id);
}

} // namespace metka::smtp
