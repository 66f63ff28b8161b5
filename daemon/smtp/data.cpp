#include <algorithm>

#include "core/sys/log.h"
#include "daemon/smtp/replies.h"
#include "daemon/smtp/session.h"

namespace metka::smtp {

using asio::awaitable;
using net::Heard;

std::string_view Session::protocol() const
{
    if (greeting_.form != Greeting::Form::ehlo) return "SMTP";
    if (channel_.is_tls()) return login_ ? "ESMTPSA" : "ESMTPS";
    return "ESMTP";
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
    auto opened = co_await transaction_->open();
    if (!opened) {
        sys::log(sys::Level::warning, "smtp.store_failed",
                 {{"session", id_}, {"doing", "open"}, {"why", opened.error().text}});
        reset_transaction();
        say(opened.error().fault == Fault::limit ? replies::mailbox_full : replies::try_later);
        co_return Flow::goes_on;
    }

    const auto fields = trace();
    const IntakeLimits limits{.message = house_.limits.message, .hops = house_.limits.hops};
    Intake intake(MessageFile(std::move(opened->file)), limits,
                  login_ ? submission_fields(fields) : wire::MissingFields{});
    intake.write(trace_fields(fields));
    say(replies::go_ahead);
    const auto heard = co_await receive(intake);
    if (heard != Heard::line) co_return farewell(heard);
    co_await deliver(intake);
    reset_transaction();
    co_return Flow::goes_on;
}

awaitable<Heard> Session::receive(Intake& intake)
{
    const auto& limits = house_.limits;
    const auto ends = std::chrono::steady_clock::now() + limits.message_total;
    for (;;) {
        channel_.consume(intake.feed(channel_.buffered()));
        if (intake.at_end()) co_return Heard::line;
        const auto left = std::chrono::floor<Patience>(ends - std::chrono::steady_clock::now());
        const auto patience = within_session(std::clamp(left, Patience::zero(), limits.data));
        const auto heard = co_await channel_.fill(patience);
        if (heard != Heard::line) co_return heard;
    }
}

awaitable<void> Session::deliver(Intake& intake)
{
    const auto written = intake.finish();
    if (!written) {
        say(written.error());
        co_return;
    }
    const auto id = transaction_->id().hex();
    const auto refused = co_await transaction_->commit(*written);
    if (refused) {
        say(*refused);
        co_return;
    }
    sys::log(sys::Level::info, "smtp.accepted",
             {{"session", id_},
              {"message", id},
              {"from", transaction_->sender().text()},
              {"recipients", transaction_->recipients()},
              {"octets", written->size.count},
              {"login", login_ ? login_->name : std::string()}});
    say(replies::accepted, id);
}

} // namespace metka::smtp
