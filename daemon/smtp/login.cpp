#include <array>

#include "core/base/text.h"
#include "core/net/pause.h"
#include "core/sys/log.h"
#include "core/wire/base64.h"
#include "core/wire/sasl.h"
#include "daemon/smtp/replies.h"
#include "daemon/smtp/session.h"

namespace metka::smtp {

using asio::awaitable;

struct Session::Mechanism {
    std::string_view name;
    Step (Session::*method)(std::optional<std::string_view> initial);

    static const std::array<Mechanism, 2> table;
};

constexpr std::array<Session::Mechanism, 2> Session::Mechanism::table{{
    {"PLAIN", &Session::auth_plain}, // RFC 4616
    {"LOGIN", &Session::auth_login}, // never an RFC; what Outlook speaks
}};

// What the client answered to a challenge. `given`: decoded; otherwise the reply was said.
struct Session::Response {
    enum class Kind { given, refused, gone } kind;
    Secret bytes;
};

struct Session::Credentials {
    std::string name;
    Secret password;
};

namespace {

using login::Verdict;

struct VerdictRow {
    Verdict verdict;
    wire::Reply reply;
    std::string_view word; // in the log
};

constexpr std::array<VerdictRow, 6> verdicts{{
    {Verdict::right, replies::logged_in, "right"},
    {Verdict::wrong, replies::login_wrong, "wrong"},
    {Verdict::suspended, replies::login_suspended, "suspended"},
    {Verdict::expired, replies::login_expired, "expired"},
    {Verdict::not_now, replies::login_held_back, "not-now"}, // nothing about the password (SECURITY 32)
    {Verdict::too_soon, replies::login_not_now, "too-soon"}, // of POP3 alone
}};

const VerdictRow& row_of(Verdict verdict)
{
    for (const auto& row : verdicts)
        if (row.verdict == verdict) return row;
    return verdicts[1];
}

Flow flow_after(bool gone)
{
    return gone ? Flow::ends : Flow::goes_on;
}

} // namespace

Session::Step Session::auth(Arguments arguments)
{
    if (!channel_.is_tls()) {
        say(replies::no_login_in_the_clear);
        co_return Flow::goes_on;
    }
    if (login_) {
        say(replies::logged_in_already);
        co_return Flow::goes_on;
    }
    const auto space = arguments.find(' ');
    const auto name = arguments.substr(0, space);
    std::optional<std::string_view> initial;
    if (space != std::string_view::npos) initial = trim(arguments.substr(space));
    for (const auto& mechanism : Mechanism::table) {
        if (!same_ignoring_case(mechanism.name, name)) continue;
        const auto flow = co_await (this->*mechanism.method)(initial);
        co_return flow;
    }
    say(replies::no_such_mechanism);
    co_return Flow::goes_on;
}

awaitable<Session::Response> Session::response(wire::Reply prompt, std::optional<std::string_view> initial)
{
    std::string encoded;
    if (initial) {
        encoded = *initial == "=" ? std::string_view{} : *initial; // "=": an empty one (RFC 4954 §4)
    } else {
        const auto& limits = house_.limits;
        say(prompt);
        const auto reading = co_await channel_.read_line(limits.login_line, within_session(limits.command));
        if (reading.heard != net::Heard::line) {
            farewell(reading.heard);
            co_return Response{.kind = Response::Kind::gone};
        }
        if (reading.line.fault != wire::LineFault::none) {
            const bool long_line = reading.line.fault == wire::LineFault::too_long;
            say(long_line ? replies::login_line_too_long : replies::bad_line);
            co_return Response{.kind = Response::Kind::refused};
        }
        encoded = reading.line.text;
        if (encoded == "*") {
            say(replies::login_cancelled);
            co_return Response{.kind = Response::Kind::refused};
        }
    }
    auto decoded = wire::decode_base64(encoded);
    wipe(encoded);
    channel_.wipe_consumed();
    if (decoded)
        co_return Response{.kind = Response::Kind::given, .bytes = Secret::take(std::move(*decoded))};
    say(replies::bad_base64);
    co_return Response{.kind = Response::Kind::refused};
}

Session::Step Session::auth_plain(std::optional<std::string_view> initial)
{
    const auto given = co_await response(replies::plain_prompt, initial);
    if (given.kind != Response::Kind::given) co_return flow_after(given.kind == Response::Kind::gone);
    auto plain = wire::parse_sasl_plain(given.bytes.reveal());
    if (!plain) {
        say(replies::bad_credentials);
        co_return Flow::goes_on;
    }
    // Nobody acts as somebody else here: another authzid is as wrong as another password.
    const bool as_another = !plain->authzid.empty() && !same_ignoring_case(plain->authzid, plain->authcid);
    if (as_another) {
        say(replies::login_wrong);
        co_return Flow::goes_on;
    }
    Credentials credentials{.name = std::move(plain->authcid), .password = std::move(plain->password)};
    const auto flow = co_await prove(std::move(credentials));
    co_return flow;
}

Session::Step Session::auth_login(std::optional<std::string_view> initial)
{
    const auto name = co_await response(replies::name_prompt, initial);
    if (name.kind != Response::Kind::given) co_return flow_after(name.kind == Response::Kind::gone);
    auto password = co_await response(replies::password_prompt, std::nullopt);
    if (password.kind != Response::Kind::given) co_return flow_after(password.kind == Response::Kind::gone);
    if (name.bytes.empty() || password.bytes.empty()) {
        say(replies::bad_credentials);
        co_return Flow::goes_on;
    }
    Credentials credentials{.name = std::string(name.bytes.reveal()), .password = std::move(password.bytes)};
    const auto flow = co_await prove(std::move(credentials));
    co_return flow;
}

Session::Step Session::prove(Credentials credentials)
{
    login::Attempt attempt{.service = login::Service::submission,
                           .name = credentials.name,
                           .password = std::move(credentials.password),
                           .peer = channel_.peer()};
    const auto answer = co_await with_.authenticator.check(std::move(attempt));
    if (!answer) {
        sys::log(sys::Level::error, "smtp.auth_failed", {{"session", id_}, {"why", answer.error().text}});
        say(replies::login_not_now);
        co_return Flow::goes_on;
    }
    const auto& row = row_of(answer->verdict);
    sys::log(
        sys::Level::info, "smtp.login",
        {{"session", id_}, {"peer", channel_.peer()}, {"name", credentials.name}, {"verdict", row.word}});
    co_await net::pause(answer->wait);
    say(row.reply);
    if (answer->verdict == Verdict::right) {
        login_ = LoggedIn{.account = answer->account, .name = answer->login};
        co_return Flow::goes_on;
    }
    if (++failed_logins_ >= house_.limits.failed_logins) co_return stop(replies::too_many_logins);
    co_return Flow::goes_on;
}

} // namespace metka::smtp
