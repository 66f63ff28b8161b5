#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "core/base/text.h"
#include "core/sys/log.h"
#include "daemon/smtp/replies.h"
#include "daemon/smtp/session.h"
#include "daemon/smtp/verb.h"

namespace metka::smtp {

using After = Session::Verb::After;
using Takes = Session::Verb::Takes;
using Within = Session::Verb::Within;

const std::array<Session::Verb, 20> Session::Verb::table{{
    {"HELO", &Session::helo, After::nothing, Takes::some, Within::any},         // RFC 5321 §4.1.1.1
    {"EHLO", &Session::ehlo, After::nothing, Takes::some, Within::any},         // and forgets the transaction
    {"STARTTLS", &Session::starttls, After::nothing, Takes::none, Within::any}, // RFC 3207 §4
    {"AUTH", &Session::auth, After::ehlo, Takes::some, Within::none},           // RFC 4954 §4
    {"MAIL", &Session::mail, After::greeting, Takes::any, Within::none},   // RFC 5321 §4.1.1.2, not nested
    {"RCPT", &Session::rcpt, After::mail, Takes::any, Within::no_chunks},  // §4.1.1.3
    {"DATA", &Session::data, After::mail, Takes::none, Within::no_chunks}, // §4.1.1.4
    // RFC 3030 §2: out of place, too, its chunk is read before it is refused
    {"BDAT", &Session::bdat, After::nothing, Takes::any, Within::any},
    {"RSET", &Session::rset, After::nothing, Takes::none, Within::any}, // §4.1.1.5
    {"VRFY", &Session::vrfy, After::nothing, Takes::some, Within::any}, // §3.5.3, §7.3
    {"EXPN", &Session::expn, After::nothing, Takes::some, Within::any},
    {"HELP", &Session::help, After::nothing, Takes::any, Within::any},  // §4.1.1.8
    {"NOOP", &Session::noop, After::nothing, Takes::any, Within::any},  // §4.1.1.9
    {"QUIT", &Session::quit, After::nothing, Takes::none, Within::any}, // §4.1.1.10
    {"GET", &Session::http, After::nothing, Takes::any, Within::any},   // SECURITY 34
    {"POST", &Session::http, After::nothing, Takes::any, Within::any},
    {"PUT", &Session::http, After::nothing, Takes::any, Within::any},
    {"HEAD", &Session::http, After::nothing, Takes::any, Within::any},
    {"OPTIONS", &Session::http, After::nothing, Takes::any, Within::any},
    {"CONNECT", &Session::http, After::nothing, Takes::any, Within::any},
}};

namespace {

enum class Shown { always, in_the_clear, under_tls };

// What EHLO offers; a number behind a keyword is filled in where it is shown.
struct Keyword {
    std::string_view text;
    Shown shown;
};

constexpr std::array<Keyword, 10> keywords{{
    {"PIPELINING", Shown::always},          // RFC 2920
    {"SIZE", Shown::always},                // RFC 1870
    {"8BITMIME", Shown::always},            // RFC 6152
    {"SMTPUTF8", Shown::always},            // RFC 6531
    {"CHUNKING", Shown::always},            // RFC 3030, without BINARYMIME
    {"DSN", Shown::always},                 // RFC 3461
    {"ENHANCEDSTATUSCODES", Shown::always}, // RFC 2034
    {"HELP", Shown::always},                // RFC 5321 §4.1.1.8
    {"STARTTLS", Shown::in_the_clear},      // RFC 3207
    {"AUTH PLAIN LOGIN", Shown::under_tls}, // RFC 4954
}};

} // namespace

// Clients behind a NAT call themselves the oddest things: anything a word is made of will do.
bool Session::greet(Arguments name, Greeting::Form form)
{
    constexpr std::size_t most_name = 255;
    if (name.size() > most_name || name.contains(' ') || has_control(name)) {
        say(replies::bad_greeting);
        return false;
    }
    reset_transaction();
    greeting_ = {.name = std::string(name), .form = form};
    return true;
}

Session::Step Session::helo(Arguments name)
{
    if (greet(name, Greeting::Form::helo)) channel_.say(wire::render({250, "", house_.host}));
    co_return Flow::goes_on;
}

Session::Step Session::ehlo(Arguments name)
{
    if (!greet(name, Greeting::Form::ehlo)) co_return Flow::goes_on;
    std::vector<std::string> lines{house_.host};
    for (const auto& keyword : keywords) {
        if (keyword.shown == Shown::in_the_clear && (channel_.is_tls() || !certificate_)) continue;
        if (keyword.shown == Shown::under_tls && !channel_.is_tls()) continue;
        lines.emplace_back(keyword.text);
        if (keyword.text == "SIZE") lines.back() += fmt::format(" {}", house_.limits.message.count);
    }
    channel_.say(wire::render(250, lines));
    co_return Flow::goes_on;
}

Session::Step Session::starttls(Arguments)
{
    if (channel_.is_tls()) {
        say(replies::tls_already);
        co_return Flow::goes_on;
    }
    if (!certificate_) {
        say(replies::tls_not_now);
        co_return Flow::goes_on;
    }
    // What was sent in the clear must not be taken for something that was said under TLS (CVE-2011-0411).
    if (!channel_.buffered().empty()) co_return stop(replies::tls_injected);
    say(replies::start_tls);
    const bool said = co_await channel_.flush(house_.limits.reply);
    if (!said) co_return Flow::ends;
    forget_everything();
    const bool secured = co_await channel_.start_tls(*certificate_, house_.limits.handshake);
    if (secured) co_return Flow::goes_on;
    sys::log(sys::Level::info, "smtp.tls_failed", {{"session", id_}});
    co_return Flow::ends;
}

Session::Step Session::noop(Arguments)
{
    say(replies::ok);
    co_return Flow::goes_on;
}

Session::Step Session::rset(Arguments)
{
    reset_transaction();
    say(replies::ok);
    co_return Flow::goes_on;
}

Session::Step Session::help(Arguments)
{
    std::string names;
    for (const auto& verb : Verb::table)
        if (verb.method != &Session::http) names += fmt::format("{}{}", names.empty() ? "" : " ", verb.name);
    say(replies::help, names);
    co_return Flow::goes_on;
}

Session::Step Session::vrfy(Arguments)
{
    say(replies::cannot_verify);
    co_return Flow::goes_on;
}

Session::Step Session::expn(Arguments)
{
    say(replies::no_lists);
    co_return Flow::goes_on;
}

Session::Step Session::quit(Arguments)
{
    co_return stop(replies::goodbye);
}

Session::Step Session::http(Arguments)
{
    co_return stop(replies::not_http);
}

} // namespace metka::smtp
