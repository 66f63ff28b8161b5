// AUTHORIZATION (RFC 1939 §4, RFC 5034): who is it, and is the inbox free?

#include <algorithm>
#include <array>

#include "core/base/text.h"
#include "core/net/pause.h"
#include "core/sys/log.h"
#include "core/wire/base64.h"
#include "core/wire/sasl.h"
#include "daemon/access/replies.h"
#include "daemon/access/session.h"

namespace metka::access {

namespace {

using Keyword = wire::Pop3Keyword;

// The password was right, and opens nothing all the same.
struct Refusal {
    login::Verdict verdict;
    std::string_view why; // in the log
    std::string_view reply;
};

constexpr std::array<Refusal, 2> right_and_refused{{
    {login::Verdict::suspended, "suspended", replies::suspended},
    {login::Verdict::too_soon, "logged in a moment ago", replies::too_soon},
}};

std::string_view answer_to_unopened(Fault fault)
{
    if (fault == Fault::conflict) return replies::in_use;
    return fault == Fault::denied ? replies::suspended : replies::cannot_say;
}

} // namespace

const std::array<Session::Row, 7> Session::authorization_rows{{
    {Keyword::capa, &Session::capa},
    {Keyword::stls, &Session::tls_already},
    {Keyword::utf8, &Session::utf8},
    {Keyword::user, &Session::user},
    {Keyword::pass, &Session::pass},
    {Keyword::auth, &Session::auth},
    {Keyword::quit, &Session::quit},
}};

// RFC 6856 §2.1. Messages are sent as they are stored, with this and without (metka-standards(7)).
asio::awaitable<void> Session::utf8(const wire::Pop3Command&)
{
    say(replies::letters);
    co_return;
}

// Whether the name exists is told neither here nor after PASS.
asio::awaitable<void> Session::user(const wire::Pop3Command& command)
{
    name_ = std::string(command.text);
    say(replies::password_please);
    co_return;
}

asio::awaitable<void> Session::pass(const wire::Pop3Command& command)
{
    Secret password(command.text);
    if (!name_) co_return error(replies::user_first);
    auto name = std::move(*name_);
    name_.reset();
    co_await log_in(std::move(name), std::move(password));
}

asio::awaitable<void> Session::auth(const wire::Pop3Command& command)
{
    if (command.text.empty()) co_return say(replies::mechanisms);
    if (!same_ignoring_case(command.text, "PLAIN")) co_return error(replies::unknown_mechanism);
    auto response = co_await plain_response(command.initial_response);
    if (!response) co_return;
    auto decoded = wire::decode_base64(*response);
    wipe(*response);
    if (!decoded) co_return error(replies::broken_response);
    auto credentials = wire::parse_sasl_plain(*decoded);
    wipe(*decoded);
    if (!credentials) co_return error(replies::broken_response);
    const bool as_itself = credentials->authzid.empty() || credentials->authzid == credentials->authcid;
    if (as_itself) {
        co_await log_in(std::move(credentials->authcid), std::move(credentials->password));
        co_return;
    }
    const login::Answer as_another; // nobody acts for another here
    const Guess guess{.name = credentials->authcid, .at = Steady::now()};
    co_await deny(guess, as_another);
}

// What came with the command, or else the line after "+ ". No value: cancelled, broken or gone, and answered
// if there is somebody to answer.
asio::awaitable<std::optional<std::string>> Session::plain_response(std::optional<std::string_view> initial)
{
    if (initial) co_return std::string(*initial);
    say(replies::go_ahead);
    const auto reading = co_await channel_.read_line(limits_.auth_line, left_for_login());
    if (reading.heard != net::Heard::line) {
        end(ending_of(reading.heard));
        co_return std::nullopt;
    }
    const auto fault = reading.line.fault;
    if (fault == wire::LineFault::too_long)
        error(replies::refusal(wire::Pop3Fault::too_long));
    else if (fault != wire::LineFault::none)
        error(replies::refusal(wire::Pop3Fault::broken_line));
    else if (reading.line.text == "*")
        error(replies::authentication_cancelled);
    else
        co_return std::string(reading.line.text);
    co_return std::nullopt;
}

asio::awaitable<void> Session::log_in(std::string name, Secret password)
{
    login::Attempt attempt{.service = login::Service::pop3,
                           .name = name,
                           .password = std::move(password),
                           .peer = channel_.peer()};
    const auto asked = Steady::now();
    auto answer = co_await collaborators_.authenticator.check(std::move(attempt));
    if (!answer) co_return refuse_login(name, answer.error().text, replies::cannot_say);
    if (answer->verdict == login::Verdict::right || answer->verdict == login::Verdict::expired) {
        co_await open_maildrop(std::move(*answer));
        co_return;
    }
    const auto row = std::ranges::find(right_and_refused, answer->verdict, &Refusal::verdict);
    if (row != right_and_refused.end()) co_return refuse_login(name, row->why, row->reply);
    const Guess guess{.name = name, .at = asked};
    co_await deny(guess, *answer);
}

// Each guess costs its connection more time than the last, and its source what metka-auth says: both from the
// guess on, or the longer would tell how long its hash took. "Not now" says nothing about the password
// (SECURITY 32).
asio::awaitable<void> Session::deny(Guess guess, const login::Answer& answer)
{
    ++wrong_passwords_;
    const bool is_not_now = answer.verdict == login::Verdict::not_now;
    sys::log(sys::Level::info, "pop3.refused",
             {{"session", id_},
              {"peer", channel_.peer()},
              {"name", guess.name},
              {"why", is_not_now ? "too many wrong passwords" : "wrong name or password"}});
    const Patience for_this_connection = limits_.pause * wrong_passwords_;
    const auto left = std::chrono::ceil<Patience>(for_this_connection - (Steady::now() - guess.at));
    co_await net::pause(std::max(left, answer.wait));
    say(is_not_now ? replies::cannot_say : replies::wrong_password);
    if (wrong_passwords_ >= limits_.wrong_passwords) end(Ending::wrong_passwords);
}

// A log-in that opened nothing does not count for the least time between two.
void Session::take_back(const login::Answer& answer)
{
    if (limits_.login_delay.count() > 0) collaborators_.authenticator.came_to_nothing(answer.account);
}

asio::awaitable<void> Session::open_maildrop(login::Answer answer)
{
    inbox_ = collaborators_.open_inbox(std::move(answer.inbox));
    const auto opened = co_await inbox_->open();
    if (!opened) {
        take_back(answer);
        inbox_.reset();
        co_return refuse_login(answer.login, opened.error().text, answer_to_unopened(opened.error().fault));
    }
    channel_.stand(net::Standing::stays);
    login_ = std::move(answer.login);
    rights_ = answer.verdict == login::Verdict::expired ? Rights::read_only : Rights::full;
    maildrop_.emplace(*opened);
    heard_by_store_ = collaborators_.stopwatch();
    sys::log(sys::Level::info, "pop3.login",
             {{"session", id_},
              {"peer", channel_.peer()},
              {"login", login_},
              {"rights", rights_ == Rights::full ? "full" : "read-only"},
              {"tls", channel_.tls_summary()},
              {"messages", maildrop_->count()}});
    const auto welcome = rights_ == Rights::full ? replies::opened : replies::opened_expired;
    say(welcome(maildrop_->count(), maildrop_->octets()));
}

void Session::refuse_login(const std::string& name, std::string_view why, std::string_view reply)
{
    sys::log(sys::Level::info, "pop3.refused",
             {{"session", id_}, {"peer", channel_.peer()}, {"name", name}, {"why", why}});
    error(reply);
}

} // namespace metka::access
