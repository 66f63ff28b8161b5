#include "daemon/access/session.h"

#include <algorithm>

#include "core/sys/log.h"
#include "daemon/access/replies.h"

namespace metka::access {

namespace {

constexpr std::size_t much_unsent = std::size_t{32} * 1024;
constexpr auto seldom = std::chrono::seconds(10); // a third of the silence that loses an inbox

std::string_view answer_to_no_removal(Fault fault)
{
    if (fault == Fault::limit) return replies::expired_meanwhile;
    const auto* const loss = loss_by(fault);
    return loss ? loss->reply : replies::perhaps_not_removed;
}

} // namespace

Session::Session(net::Channel& channel, const Collaborators& collaborators, const AccessLimits& limits,
                 std::shared_ptr<const net::TlsContext> stls)
    : channel_(channel),
      collaborators_(collaborators),
      limits_(limits),
      id_(Id::make(collaborators.clock.now()).hex()),
      ends_(Steady::now() + limits.session),
      login_until_(Steady::now() + limits.login),
      stls_(std::move(stls)),
      taking_(limits)
{
}

asio::awaitable<void> Session::run() // RFC 1939 §3
{
    say(replies::greeting);
    co_await begin_tls();                           // RFC 2595 §4
    co_await authorization();                       // §4
    if (goes_on()) co_await transaction();          // §5
    if (ending_ == Ending::quit) co_await update(); // §6
    log_end();
    co_await channel_.close();
}

asio::awaitable<void> Session::begin_tls()
{
    while (goes_on() && stls_)
        co_await obey_next(clear_rows, left_for_login());
}

asio::awaitable<void> Session::authorization()
{
    while (goes_on() && !maildrop_)
        co_await obey_next(authorization_rows, left_for_login());
}

asio::awaitable<void> Session::transaction()
{
    while (goes_on())
        co_await obey_next(transaction_rows, within_session(limits_.idle));
}

asio::awaitable<void> Session::update()
{
    const auto farewell = co_await remove_marked();
    // Before the reply: a client that has heard it may log in again at once, and must not be told IN-USE.
    if (inbox_) co_await inbox_->unlock();
    say(farewell);
}

asio::awaitable<std::string> Session::remove_marked()
{
    auto marked = maildrop_ ? maildrop_->marked() : std::vector<maildir::MessageIndex>{};
    const auto count = marked.size();
    if (marked.empty()) co_return std::string(replies::goodbye);
    const auto removal = co_await inbox_->remove(std::move(marked));
    removed_messages_ = removal ? removal->removed : 0;
    if (removal && removal->left == 0) co_return std::string(replies::goodbye);
    sys::log(sys::Level::warning, "pop3.not_removed",
             {{"session", id_}, {"login", login_}, {"why", removal ? removal->why : removal.error().text}});
    ending_ = Ending::not_removed;
    if (removal) co_return replies::not_removed(removal->left, count);
    co_return std::string(answer_to_no_removal(removal.error().fault));
}

// --- commands
// ------------------------------------------------------------------------------------------------

asio::awaitable<void> Session::obey_next(std::span<const Row> rows, Patience patience)
{
    const auto reading = co_await channel_.read_line(limits_.line, patience);
    if (reading.heard != net::Heard::line) co_return end(ending_of(reading.heard));
    const auto command = wire::parse_pop3(reading.line);
    if (!command) co_return refuse(command.error());
    const auto row = std::ranges::find(rows, command->keyword, &Row::keyword);
    if (row == rows.end()) co_return error(maildrop_ ? replies::logged_in_already : replies::log_in_first);
    if (is_silent_to_store()) co_await be_heard();
    if (!goes_on()) co_return say(lost_->reply);
    if (has_lost_store() && command->keyword != wire::Pop3Keyword::quit) co_return end_without_store();
    co_await (this->*row->act)(*command);
    co_await make_room(); // before more is read
}

// RFC 1939 §3: a session that is not wanted any more ends without a word.
Ending Session::ending_of(net::Heard heard)
{
    if (heard == net::Heard::timed_out) return Ending::timed_out;
    return heard == net::Heard::interrupted ? Ending::drained : Ending::closed;
}

void Session::refuse(wire::Pop3Fault fault)
{
    if (fault != wire::Pop3Fault::foreign) return error(replies::refusal(fault));
    say(replies::refusal(fault));
    end(Ending::foreign);
}

asio::awaitable<void> Session::capa(const wire::Pop3Command&)
{
    const auto line = stls_ ? replies::Line::in_the_clear : replies::Line::under_tls;
    say(replies::capabilities(line, limits_.login_delay));
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
    for (bool sent = false; !sent;) {
        const auto unsent = channel_.unsent();
        const auto begun = Steady::now();
        const auto patience = within_session(std::min<Patience>(taking_.patience(), seldom));
        sent = co_await channel_.flush(patience);
        const auto waited = std::chrono::floor<Patience>(Steady::now() - begun);
        const auto left = channel_.unsent(); // sealing makes it a little more
        taking_.note(unsent - std::min(unsent, left), waited);
        if (!sent && waited < patience) co_return end(Ending::closed);
        if (!sent && within_session(taking_.patience()) == Patience::zero()) co_return end(Ending::timed_out);
        if (is_silent_to_store()) co_await be_heard();
        if (!goes_on()) co_return;
    }
}

bool Session::is_silent_to_store() const
{
    return maildrop_ && collaborators_.stopwatch() - heard_by_store_ >= seldom;
}

asio::awaitable<void> Session::be_heard()
{
    heard_by_store_ = collaborators_.stopwatch();
    const auto first = co_await inbox_->uids(0, 1);
    if (!first) lose_inbox(first.error());
}

bool Session::lose_inbox(const Error& why)
{
    lost_ = loss_by(why.fault);
    if (lost_) end(lost_->ending);
    return lost_ != nullptr;
}

Session::Patience Session::left_until(Steady::time_point then) const
{
    return std::max(std::chrono::floor<Patience>(then - Steady::now()), Patience::zero());
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
    sys::log(sys::Level::info, "pop3.closed",
             {{"session", id_},
              {"peer", channel_.peer()},
              {"login", login_},
              {"how", ending_words[static_cast<std::size_t>(ending_)]},
              {"sent", sent_messages_},
              {"removed", removed_messages_},
              {"errors", errors_}});
}

} // namespace metka::access
