#include "daemon/smtp/session.h"

#include <algorithm>
#include <array>

#include "core/base/id.h"
#include "core/base/secret.h"
#include "core/base/text.h"
#include "core/sys/log.h"
#include "core/wire/smtp_command.h"
#include "daemon/smtp/replies.h"
#include "daemon/smtp/verb.h"

namespace metka::smtp {

namespace {

constexpr std::size_t most_unsent =
    std::size_t{32} * 1024; // answers of a client that pipelines and does not read

std::string text_of(const wire::Line& line)
{
    if (line.fault != wire::LineFault::too_long) return std::string(line.text);
    const auto end = std::ranges::find(line.beginning, '\0');
    return {line.beginning.begin(), end};
}

// Also where it is written as no client should: a client that means BDAT sends a chunk, whatever we answer.
// What stands behind more blanks than a line holds, nobody knows.
bool may_announce_chunk(std::string_view line, wire::LineFault fault)
{
    constexpr std::string_view verb = "BDAT";
    line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
    const bool is_hidden = line.empty() && fault == wire::LineFault::too_long;
    return is_hidden || same_ignoring_case(line.substr(0, verb.size()), verb);
}

} // namespace

using asio::awaitable;
using sys::Level;
using sys::log;

const Session::Verb* Session::verb_named(std::string_view name)
{
    const auto verb = std::ranges::find(Verb::table, name, &Verb::name);
    return verb == Verb::table.end() ? nullptr : &*verb;
}

Session::Session(net::Channel& channel, const Listener& listener, const Collaborators& collaborators,
                 const House& house, std::shared_ptr<net::TlsContext> certificate)
    : channel_(channel),
      listener_(listener),
      with_(collaborators),
      house_(house),
      certificate_(std::move(certificate)),
      id_(Id::make(collaborators.clock.now()).hex()),
      ends_(std::chrono::steady_clock::now() + house.limits.session_total)
{
}

awaitable<void> Session::run()
{
    log(Level::info, "smtp.connected",
        {{"session", id_}, {"listener", listener_.name}, {"peer", channel_.peer()}});
    const bool opened = co_await open();
    if (opened) co_await converse();
    reset_transaction();
    co_await channel_.close();
    log(Level::info, "smtp.closed", {{"session", id_}, {"commands", commands_}, {"errors", errors_}});
}

awaitable<bool> Session::open()
{
    if (listener_.tls == Tls::offered) co_return true;
    if (!certificate_) co_return false;
    const bool secured = co_await channel_.start_tls(*certificate_, house_.limits.handshake);
    if (!secured) log(Level::info, "smtp.tls_failed", {{"session", id_}});
    co_return secured;
}

awaitable<void> Session::converse()
{
    const auto& limits = house_.limits;
    say(replies::greeting, house_.host + " ESMTP");
    for (;;) {
        // An open transaction keeps no place: one MAIL costs nothing.
        channel_.stand(login_ ? net::Standing::stays : net::Standing::may_go);
        if (has_unsettled() && !channel_.has_line()) co_await settle_recipients();
        const auto reading = co_await channel_.read_line(limits.line, within_transaction(limits.command));
        if (reading.heard != net::Heard::line) {
            farewell(reading.heard);
            co_return;
        }
        const auto flow = co_await answer(text_of(reading.line), reading.line.fault);
        if (flow == Flow::ends) co_return;
        asked_ = {};
        if (channel_.unsent() < most_unsent) continue;
        const bool flushed = co_await channel_.flush(limits.reply);
        if (!flushed) co_return;
    }
}

Session::Step Session::answer(std::string line, wire::LineFault fault)
{
    const auto command = wire::split_smtp_line(line);
    const auto* const verb = verb_named(command.verb);
    // Answers come in the order of the commands (RFC 2920 §3.2).
    const bool is_recipient = fault == wire::LineFault::none && verb && verb->method == &Session::rcpt;
    const bool counts_refusals = transaction_ && !login_; // refusal.cpp
    const auto unsettled_refusals = counts_refusals ? transaction_->unsettled_refusals() : 0;
    const bool is_patient =
        ++commands_ <= house_.limits.commands && errors_ + unsettled_refusals < house_.limits.errors;
    if (has_unsettled() && !(is_recipient && is_patient)) co_await settle_recipients();
    if (commands_ > house_.limits.commands) co_return stop(replies::too_many_commands);
    if (errors_ >= house_.limits.errors) co_return stop(replies::too_many_errors);
    // How much follows a broken BDAT is anybody's guess, and must not be taken for commands.
    const bool is_broken = fault != wire::LineFault::none || !verb;
    if (is_broken && may_announce_chunk(line, fault)) co_return stop(replies::bad_chunk);
    if (fault != wire::LineFault::none) {
        say(fault == wire::LineFault::too_long ? replies::line_too_long : replies::bad_line);
        co_return Flow::goes_on;
    }
    if (!verb) {
        // "Host: example.org", "PATCH / HTTP/1.1": a browser that was sent here (SECURITY 34).
        const bool is_http = command.verb.ends_with(':') || command.arguments.contains("HTTP/");
        if (is_http) co_return stop(replies::not_http);
        say(replies::unknown_command);
        co_return Flow::goes_on;
    }
    remember(*verb, command.arguments);
    if (const auto* const refusal = out_of_place(*verb, command.arguments)) {
        say(*refusal);
        co_return Flow::goes_on;
    }
    const auto flow = co_await (this->*verb->method)(command.arguments);
    if (verb->method == &Session::auth) wipe(line); // an initial response
    co_return flow;
}

const wire::Reply* Session::out_of_place(const Verb& verb, Arguments arguments) const
{
    if (verb.arguments == Verb::Takes::none && !arguments.empty()) return &replies::bad_arguments;
    if (verb.arguments == Verb::Takes::some && arguments.empty()) return &replies::bad_arguments;
    if (verb.after >= Verb::After::greeting && greeting_.form == Greeting::Form::none)
        return &replies::greet_first;
    if (verb.after == Verb::After::ehlo && greeting_.form != Greeting::Form::ehlo)
        return &replies::greet_first;
    if (verb.after == Verb::After::mail && !transaction_) return &replies::mail_first;
    if (verb.transaction == Verb::Within::none && transaction_) return &replies::mail_already;
    if (verb.transaction == Verb::Within::no_chunks && chunks_) return &replies::chunks_begun;
    return nullptr;
}

void Session::say(const wire::Reply& reply)
{
    say(reply, {});
}

void Session::say(const wire::Reply& reply, std::string_view detail)
{
    if (reply.is_refusal()) return refuse(reply, detail);
    channel_.say(wire::render(reply, detail));
}

Flow Session::stop(const wire::Reply& reply)
{
    say(reply);
    return Flow::ends;
}

Flow Session::farewell(net::Heard heard)
{
    if (heard == net::Heard::timed_out) return stop(replies::timed_out);
    if (heard == net::Heard::interrupted) return stop(replies::shutting_down);
    return Flow::ends;
}

void Session::reset_transaction()
{
    chunks_.reset();
    postmark_.reset();
    transaction_.reset();
}

void Session::forget_everything()
{
    reset_transaction();
    greeting_ = {};
    login_.reset();
}

Patience Session::within_session(Patience patience) const
{
    const auto left = std::chrono::floor<Patience>(ends_ - std::chrono::steady_clock::now());
    return std::clamp(left, Patience::zero(), patience);
}

// A transaction keeps room for its message from others: it must get on, and NOOP does not count for that.
Patience Session::within_transaction(Patience patience) const
{
    const auto now = std::chrono::steady_clock::now();
    if (chunks_) return within_session(std::min(patience, chunks_->arrival.patience(now)));
    if (!transaction_) return within_session(patience);
    const std::chrono::seconds earned(transaction_->recipients());
    const auto left = std::chrono::floor<Patience>(transaction_->begun() + patience + earned - now);
    return within_session(std::clamp(left, Patience::zero(), patience));
}

} // namespace metka::smtp
