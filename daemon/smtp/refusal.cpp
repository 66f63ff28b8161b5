// What every refusal has in common: it is counted, written to the log, and kept under a receipt code, by
// which the operator finds out what a person who was refused talks about (DESIGN §6).

#include <algorithm>

#include <fmt/format.h>

#include "core/sys/log.h"
#include "daemon/smtp/reasons.h"
#include "daemon/smtp/session.h"
#include "daemon/smtp/verb.h"

namespace metka::smtp {

namespace {

constexpr std::size_t most_reply = 512; // RFC 5321 §4.5.3.1.5, the CRLF included

// What stands between < and >, if the client wrote it like that.
std::string_view path_in(std::string_view arguments)
{
    const auto begin = arguments.find('<');
    const auto end = arguments.find('>', begin);
    if (begin == std::string_view::npos || end == std::string_view::npos) return arguments;
    return arguments.substr(begin + 1, end - begin - 1);
}

std::string shown_path(std::string_view path)
{
    return path.empty() ? "<>" : Receipts::shown(path);
}

} // namespace

void Session::remember(const Verb& verb, Arguments arguments)
{
    const bool has_path = verb.method == &Session::mail || verb.method == &Session::rcpt;
    asked_ = {.verb = std::string(verb.name), .path = std::string(has_path ? arguments : Arguments())};
}

std::string Session::sender_asked() const
{
    if (transaction_) return shown_path(transaction_->sender().text());
    return asked_.verb == "MAIL" ? shown_path(path_in(asked_.path)) : "";
}

std::string Session::recipient_asked() const
{
    if (asked_.verb == "RCPT") return Receipts::shown(path_in(asked_.path));
    if (!transaction_ || transaction_->recipients() == 0) return "";
    const auto& only = transaction_->only_recipient();
    return only ? Receipts::shown(only->text()) : fmt::format("{} recipients", transaction_->recipients());
}

// One reply is one line: what does not fit is left out of `detail`.
void Session::refuse(const wire::Reply& reply, std::string_view detail)
{
    const auto& reason = reason_of(reply);
    auto text = wire::render(reply);
    text.resize(text.size() - 2);
    const auto code = with_.receipts.keep({.at = with_.clock.now(),
                                           .session = id_,
                                           .listener = std::string(listener_.name),
                                           .peer = channel_.peer(),
                                           .login = login_ ? Receipts::shown(login_->name) : "",
                                           .command = asked_.verb,
                                           .sender = sender_asked(),
                                           .recipient = recipient_asked(),
                                           .reply = text,
                                           .rule = std::string(reason.rule),
                                           .remedy = std::string(reason.remedy)});
    const auto receipt = code.text();
    const auto mark = fmt::format(" [{}]\r\n", receipt);
    if (!detail.empty()) text += fmt::format(" {}", detail);
    text.resize(std::min(text.size(), most_reply - mark.size()));
    channel_.say(text + mark);
    // A mail program that writes to a list with dead addresses in it is no guesser.
    const bool is_own_recipient = login_ && asked_.verb == "RCPT";
    if (reply.code >= 500 && !is_own_recipient) ++errors_;
    sys::log(sys::Level::info, "smtp.refused",
             {{"session", id_},
              {"command", asked_.verb},
              {"from", sender_asked()},
              {"to", recipient_asked()},
              {"code", reply.code},
              {"enhanced", reply.enhanced},
              {"why", reply.text},
              {"receipt", receipt}});
}

} // namespace metka::smtp
