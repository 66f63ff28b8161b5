#pragma once
// One POP3 client, from the greeting to its end (RFC 1939 §3: authorization, transaction, update). It knows
// neither TLS nor accounts nor Maildirs: a channel, somebody who knows passwords, and the one inbox that was
// logged in to.
//
// Messages are removed by QUIT alone. A connection that breaks, falls silent or is drained removes nothing.

#include <array>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include <asio/awaitable.hpp>

#include "core/base/clock.h"
#include "core/base/secret.h"
#include "core/login/authenticator.h"
#include "core/maildir/mail_store.h"
#include "core/net/channel.h"
#include "core/wire/pop3_command.h"
#include "daemon/access/limits.h"
#include "daemon/access/maildrop.h"

namespace metka::access {

// Whom every session asks. They outlive the sessions.
struct Collaborators {
    using OpenInbox = std::function<std::unique_ptr<maildir::MailInbox>(sys::Descriptor)>;

    login::Authenticator& authenticator;
    OpenInbox open_inbox; // from the wire that a log-in brought; null: that is no wire
    const Clock& clock;
};

class Session {
  public:
    Session(net::Channel& channel, const Collaborators& collaborators, const AccessLimits& limits);

    asio::awaitable<void> run(); // to the end of the connection, closed in good order

  private:
    using Act = asio::awaitable<void> (Session::*)(const wire::Pop3Command&);
    using Steady = std::chrono::steady_clock;
    struct Row {
        wire::Pop3Keyword keyword;
        Act act;
    };
    enum class Ending {
        none,
        quit,
        closed,
        timed_out,
        drained,
        errors,
        wrong_passwords,
        foreign,
        unreadable,
        not_removed
    };
    enum class Rights { full, read_only };

    static const std::array<Row, 5> authorization_rows;
    static const std::array<Row, 10> transaction_rows;

    asio::awaitable<void> authorization();
    asio::awaitable<void> transaction();
    asio::awaitable<void> update();
    asio::awaitable<bool>
    remove_marked(std::vector<std::string> names); // false: some of them are still there

    // What a client says is obeyed if the state has a row for it.
    asio::awaitable<void> obey_next(std::span<const Row> rows, net::Channel::Patience patience);
    asio::awaitable<void> obey(std::span<const Row> rows, const wire::Pop3Command&);
    asio::awaitable<void> capa(const wire::Pop3Command&);
    asio::awaitable<void> quit(const wire::Pop3Command&);

    // AUTHORIZATION
    asio::awaitable<void> user(const wire::Pop3Command&);
    asio::awaitable<void> pass(const wire::Pop3Command&);
    asio::awaitable<void> auth(const wire::Pop3Command&);
    asio::awaitable<std::optional<std::string>> plain_response();
    asio::awaitable<void> log_in(std::string name, Secret password);
    asio::awaitable<void> deny(const std::string& name, const login::Answer& answer);
    asio::awaitable<void> open_maildrop(login::Answer answer);
    void refuse_login(const std::string& name, std::string_view why, std::string_view reply);
    net::Channel::Patience left_for_login() const;

    // TRANSACTION
    asio::awaitable<void> stat(const wire::Pop3Command&);
    asio::awaitable<void> list(const wire::Pop3Command&);
    asio::awaitable<void> uidl(const wire::Pop3Command&);
    asio::awaitable<void> top(const wire::Pop3Command&);
    asio::awaitable<void> retr(const wire::Pop3Command&);
    asio::awaitable<void> dele(const wire::Pop3Command&);
    asio::awaitable<void> rset(const wire::Pop3Command&);
    asio::awaitable<void> noop(const wire::Pop3Command&);
    using ShowRow = std::string (*)(std::uint64_t number, const maildir::Listed&);
    asio::awaitable<void> show(const wire::Pop3Command&, ShowRow row);
    const maildir::Listed* named_by(const wire::Pop3Command&);       // none: the client has been told
    asio::awaitable<sys::Descriptor> open_message(std::string name); // none: the client has been told
    asio::awaitable<void> send_message(const sys::Descriptor& file, std::optional<std::uint64_t> body_lines);

    void say(std::string_view reply) { channel_.say(reply); }
    asio::awaitable<void> make_room();  // waits while the client has much to take yet
    void error(std::string_view reply); // counted; the last allowed ends the session
    void end(Ending ending);
    bool goes_on() const { return ending_ == Ending::none; }
    void log_end() const;

    net::Channel& channel_;
    const Collaborators& collaborators_;
    const AccessLimits& limits_;
    const std::string id_;
    const Steady::time_point login_until_;

    Ending ending_ = Ending::none;
    std::size_t errors_ = 0;
    std::size_t wrong_passwords_ = 0;
    std::optional<std::string> name_; // said by USER, for the PASS that follows
    std::string login_;
    std::unique_ptr<maildir::MailInbox> inbox_;
    std::optional<Maildrop> maildrop_; // somebody is logged in
    Rights rights_ = Rights::full;
    std::uint64_t sent_messages_ = 0;
    std::uint64_t removed_messages_ = 0;
};

} // namespace metka::access
