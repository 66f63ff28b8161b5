#include "daemon/access/session.h"

#include <algorithm>
#include <array>

#include <asio/post.hpp>
#include <asio/use_awaitable.hpp>

#include "core/sys/log.h"
#include "daemon/access/replies.h"

namespace metka::access {

namespace {

constexpr std::size_t much_unsent = std::size_t{32} * 1024;

} // namespace

Session::Session(net::Channel& channel, const Collaborators& collaborators, const AccessLimits& limits)
    : channel_(channel),
      collaborators_(collaborators),
      limits_(limits),
      id_(Id::make(collaborators.clock.now()).hex()),
      login_until_(Steady::now() + limits.login)
{
}

asio::awaitable<void> Session::run() // RFC 1939 §3
{
    say(replies::greeting);
    co_await authorization();                       // §4
    if (goes_on()) co_await transaction();          // §5
    if (ending_ == Ending::quit) co_await update(); // §6
    log_end();
    co_await channel_.close();
}

asio::awaitable<void> Session::authorization()
{
    while (goes_on() && !maildrop_)
        co_await obey_next(authorization_rows, left_for_login());
}

asio::awaitable<void> Session::transaction()
{
    while (goes_on())
        co_await obey_next(transaction_rows, limits_.idle);
}

asio::awaitable<void> Session::update()
{
    auto names = maildrop_ ? maildrop_->marked_names() : std::vector<std::string>{};
    const bool removed = co_await remove_marked(std::move(names));
    // Before the reply: a client that has heard it may log in again at once, and must not be told IN-USE.
    if (inbox_) co_await inbox_->unlock();
    say(removed ? replies::goodbye : replies::not_all_removed);
}

asio::awaitable<bool> Session::remove_marked(std::vector<std::string> names)
{
    if (names.empty()) co_return true;
    const auto count = names.size();
    const auto removed = co_await inbox_->remove(std::move(names));
    if (removed) {
        removed_messages_ = count;
        co_return true;
    }
    sys::log(sys::Level::warning, "pop3.not_removed",
             {{"session", id_}, {"login", login_}, {"why", removed.error().text}});
    ending_ = Ending::not_removed;
    co_return false;
}

// --- commands
// ------------------------------------------------------------------------------------------------

asio::awaitable<void> Session::obey_next(std::span<const Row> rows, net::Channel::Patience patience)
{
    const auto reading = co_await channel_.read_line(limits_.line, patience);
    switch (reading.heard) {
    case net::Heard::line:
        break;
    case net::Heard::closed:
        co_return end(Ending::closed);
    case net::Heard::timed_out:
        co_return end(Ending::timed_out); // RFC 1939 §3: without a word
    case net::Heard::interrupted:
        co_return end(Ending::drained); // POP3 has no reply to a question that was not asked
    }
    const auto command = wire::parse_pop3(reading.line);
    if (command) co_return co_await obey(rows, *command);
    if (command.error() == wire::Pop3Fault::foreign) {
        say(replies::refusal(command.error()));
        co_return end(Ending::foreign);
    }
    error(replies::refusal(command.error()));
}

asio::awaitable<void> Session::obey(std::span<const Row> rows, const wire::Pop3Command& command)
{
    const auto row = std::ranges::find(rows, command.keyword, &Row::keyword);
    if (row == rows.end()) co_return error(maildrop_ ? replies::logged_in_already : replies::log_in_first);
    co_await (this->*row->act)(command);
}

asio::awaitable<void> Session::capa(const wire::Pop3Command&)
{
    say(replies::capabilities);
    co_return;
}

asio::awaitable<void> Session::quit(const wire::Pop3Command&)
{
    end(Ending::quit);
    co_return;
}

// --- what all states share
// -------------------------------------------------------------------------------------

asio::awaitable<void> Session::make_room()
{
    if (channel_.unsent() < much_unsent) co_return;
    const bool sent = co_await channel_.flush(limits_.sending);
    if (!sent) end(Ending::closed);
    co_await asio::post(asio::use_awaitable); // a client that takes all we have lets others have their turn
}

void Session::error(std::string_view reply)
{
    if (++errors_ < limits_.errors) return say(reply);
    say(replies::too_many_errors);
    end(Ending::errors);
}

void Session::end(Ending ending)
{
    if (goes_on()) ending_ = ending;
}

void Session::log_end() const
{
    constexpr std::array<std::string_view, 10> words{
        "none",    "quit",       "closed",     "timed-out", "drained", "errors", "wrong-passwords",
        "foreign", "unreadable", "not-removed"};
    sys::log(sys::Level::info, "pop3.closed",
             {{"session", id_},
              {"peer", channel_.peer()},
              {"login", login_},
              {"how", words[static_cast<std::size_t>(ending_)]},
              {"sent", sent_messages_},
              {"removed", removed_messages_},
              {"errors", errors_}});
}

} // namespace metka::access
