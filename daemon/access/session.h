#pragma once
// One POP3 client, from the greeting to its end (RFC 1939 §3: authorization, transaction, update). It knows
// neither accounts nor Maildirs: a channel, somebody who knows passwords, and the one inbox that was logged
// in to. On a channel in the clear it takes STLS first (RFC 2595 §4), and no password before.
//
// Every wait is bounded: until the log-in, between commands, for a client to take what it is sent, and for
// the whole session. What a client that does not read is to be sent is held to 32 KiB and one piece more.
//
// Messages are removed by QUIT alone. A connection that breaks, falls silent or is drained removes nothing.

#include <algorithm>
#include <array>
#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <asio/awaitable.hpp>

#include "core/base/secret.h"
#include "core/net/channel.h"
#include "core/net/tls.h"
#include "core/wire/pop3_command.h"
#include "daemon/access/collaborators.h"
#include "daemon/access/ending.h"
#include "daemon/access/limits.h"
#include "daemon/access/loss.h"
#include "daemon/access/maildrop.h"
#include "daemon/access/taking.h"

namespace metka::access {

class Session {
  public:
    // `stls`: the certificate of a session that begins in the clear. Without one, TLS is there.
    Session(net::Channel& channel, const Collaborators& collaborators, const AccessLimits& limits,
            std::shared_ptr<const net::TlsContext> stls = nullptr);

    asio::awaitable<void> run(); // to the end of the connection, closed in good order

  private:
    using Act = asio::awaitable<void> (Session::*)(const wire::Pop3Command&);
    using Steady = std::chrono::steady_clock;
    using Patience = net::Channel::Patience;
    struct Row {
        wire::Pop3Keyword keyword;
        Act act;
    };
    enum class Rights { full, read_only };

    static const std::array<Row, 6> clear_rows;
    static const std::array<Row, 7> authorization_rows;
    static const std::array<Row, 10> transaction_rows;

    asio::awaitable<void> begin_tls(); // while the line is clear
    asio::awaitable<void> authorization();
    asio::awaitable<void> transaction();
    asio::awaitable<void> update();
    asio::awaitable<std::string> remove_marked(); // what is to be said of it

    // What a client says is obeyed if the state has a row for it.
    asio::awaitable<void> obey_next(std::span<const Row> rows, Patience patience);
    static Ending ending_of(net::Heard heard);
    void refuse(wire::Pop3Fault fault);
    asio::awaitable<void> capa(const wire::Pop3Command&);
    asio::awaitable<void> quit(const wire::Pop3Command&);

    // In the clear
    asio::awaitable<void> stls(const wire::Pop3Command&);
    asio::awaitable<void> refuse_in_the_clear(const wire::Pop3Command&);

    // AUTHORIZATION
    asio::awaitable<void> tls_already(const wire::Pop3Command&);
    asio::awaitable<void> utf8(const wire::Pop3Command&);
    asio::awaitable<void> user(const wire::Pop3Command&);
    asio::awaitable<void> pass(const wire::Pop3Command&);
    asio::awaitable<void> auth(const wire::Pop3Command&);
    asio::awaitable<std::optional<std::string>> plain_response(std::optional<std::string_view> initial);
    asio::awaitable<void> log_in(std::string name, Secret password);
    struct Guess {
        const std::string& name;
        Steady::time_point at;
    };
    asio::awaitable<void> deny(Guess guess, const login::Answer& answer);
    asio::awaitable<void> open_maildrop(login::Answer answer);
    void take_back(const login::Answer& answer);
    void refuse_login(const std::string& name, std::string_view why, std::string_view reply);
    Patience left_for_login() const { return left_until(login_until_); }

    // TRANSACTION
    asio::awaitable<void> stat(const wire::Pop3Command&);
    asio::awaitable<void> list(const wire::Pop3Command&);
    asio::awaitable<void> uidl(const wire::Pop3Command&);
    asio::awaitable<void> top(const wire::Pop3Command&);
    asio::awaitable<void> retr(const wire::Pop3Command&);
    asio::awaitable<void> dele(const wire::Pop3Command&);
    asio::awaitable<void> rset(const wire::Pop3Command&);
    asio::awaitable<void> noop(const wire::Pop3Command&);
    asio::awaitable<bool> learn_octets(); // false: they cannot be had now, and the client has been told
    asio::awaitable<void> show_uids();
    bool has(const wire::Pop3Command&); // false: the client has been told
    asio::awaitable<std::optional<maildir::StoredMessage>>
    open_message(const wire::Pop3Command&); // none: the same
    void cannot_read(const Error& why);
    bool lose_inbox(const Error& why); // true: that ends the session, and lost_ says what its client is told
    asio::awaitable<void> send_message(const maildir::StoredMessage& message,
                                       std::optional<std::uint64_t> body_lines);
    void break_off(std::string_view why);
    // No other store can take over from the one that opened the inbox: who goes on must log in again.
    bool has_lost_store() const { return maildrop_ && !inbox_->is_open(); }
    void end_without_store();

    void say(std::string_view reply) { channel_.say(reply); }
    asio::awaitable<void> make_room(); // waits while the client has much to take yet
    // Who asks the store nothing for 30 s may lose the inbox to another session (DESIGN §7). A client that
    // says NOOP, or takes long over one message, is not silent: the store hears of it, now and then.
    bool is_silent_to_store() const;
    asio::awaitable<void> be_heard(); // may end the session: lose_inbox()
    Patience left_until(Steady::time_point then) const;
    Patience within_session(Patience patience) const { return std::min(patience, left_until(ends_)); }
    void error(std::string_view reply); // counted; the last allowed ends the session
    void end(Ending ending);
    bool goes_on() const { return ending_ == Ending::none; }
    void log_end() const;

    net::Channel& channel_;
    const Collaborators& collaborators_;
    const AccessLimits& limits_;
    const std::string id_;
    const Steady::time_point ends_;
    const Steady::time_point login_until_;

    std::shared_ptr<const net::TlsContext> stls_; // the line is clear
    Taking taking_;
    Steady::time_point heard_by_store_;
    Ending ending_ = Ending::none;
    const Loss* lost_ = nullptr;
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
