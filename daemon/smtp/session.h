#pragma once
// One SMTP connection, from the greeting to QUIT (RFC 5321). It reads like the RFC: a method a verb, a table
// that says when each may come, and one wait for the next command.
//
//     Session session(channel, listener, collaborators, house, certificate);
//     co_await session.run();
//
// After STARTTLS nothing of what was said in the clear is left (RFC 3207 §4.2). Reset happens in one place: a
// transaction that is forgotten gives back its room.

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <asio/awaitable.hpp>

#include "core/net/channel.h"
#include "core/net/tls.h"
#include "core/wire/smtp_reply.h"
#include "daemon/smtp/arrival.h"
#include "daemon/smtp/authorship.h"
#include "daemon/smtp/collaborators.h"
#include "daemon/smtp/intake.h"
#include "daemon/smtp/listener.h"
#include "daemon/smtp/trace.h"
#include "daemon/smtp/transaction.h"

namespace metka::smtp {

enum class Flow { goes_on, ends };

class Session {
  public:
    Session(net::Channel& channel, const Listener& listener, const Collaborators& collaborators,
            const House& house, std::shared_ptr<net::TlsContext> certificate);
    asio::awaitable<void> run();

    struct Verb; // the table in verb.h

  private:
    struct Greeting {
        std::string name;
        enum class Form { none, helo, ehlo } form = Form::none;
    };
    struct LoggedIn {
        InboxId account;
        std::string name; // for the log
    };

    using Arguments = std::string_view;
    using Step = asio::awaitable<Flow>;

    // session.cpp: greeting and dispatch
    static const Verb* verb_named(std::string_view name);
    asio::awaitable<bool> open();
    asio::awaitable<void> converse();
    Step answer(std::string line, wire::LineFault fault);
    const wire::Reply* out_of_place(const Verb& verb, Arguments arguments) const;

    // refusal.cpp: every refusal, under a receipt code
    struct Asked { // the command that is being answered: never what an AUTH said
        std::string verb;
        std::string path; // of MAIL and RCPT
    };
    void remember(const Verb& verb, Arguments arguments);
    void refuse(const wire::Reply& reply, std::string_view detail);
    std::string sender_asked() const;
    std::string recipient_asked() const;

    // verbs.cpp: what needs no more than a word
    bool greet(Arguments name, Greeting::Form form); // false: refused
    Step helo(Arguments);
    Step ehlo(Arguments);
    Step starttls(Arguments);
    Step noop(Arguments);
    Step rset(Arguments);
    Step help(Arguments);
    Step vrfy(Arguments);
    Step expn(Arguments);
    Step quit(Arguments);
    Step http(Arguments);

    // login.cpp: AUTH (RFC 4954)
    struct Mechanism;
    struct Response;
    struct Credentials;
    Step auth(Arguments);
    Step auth_plain(std::optional<std::string_view> initial);
    Step auth_login(std::optional<std::string_view> initial);
    asio::awaitable<Response> response(wire::Reply prompt, std::optional<std::string_view> initial);
    Step prove(Credentials credentials);

    // envelope.cpp
    std::optional<wire::Reply> account_refused() const; // its state of now, not of the log-in
    Step mail(Arguments);
    Step rcpt(Arguments);
    bool has_unsettled() const { return transaction_ && transaction_->unsettled() > 0; }
    asio::awaitable<void> settle_recipients(); // what RCPT left open is answered

    // sending.cpp
    struct SendingRefused {
        wire::Reply reply;
        std::string detail = {};
    };
    asio::awaitable<std::optional<SendingRefused>> sending_refused(); // none: counted, or nothing to count

    // data.cpp
    Step data(Arguments);
    Intake begin_message(Intake::Form form) const;
    asio::awaitable<net::Heard> receive(Intake& intake);
    std::optional<wire::Reply> header_refused(const Intake& intake) const;
    asio::awaitable<void> open_file_for(Intake& intake);
    asio::awaitable<void> deliver(Intake& intake);
    Trace trace() const;
    std::string_view protocol() const; // RFC 3848, RFC 6531 §4.3

    // chunks.cpp: BDAT (RFC 3030)
    struct Chunks {
        Intake message;
        Arrival arrival;
    };
    Step bdat(Arguments);
    asio::awaitable<std::optional<SendingRefused>> begin_chunks();
    const wire::Reply* chunk_out_of_place() const;
    asio::awaitable<net::Heard> receive_chunk(std::uint64_t size);

    void say(const wire::Reply& reply);
    void say(const wire::Reply& reply, std::string_view detail);
    Flow farewell(net::Heard heard); // why we stop listening
    Flow stop(const wire::Reply& reply);
    void reset_transaction();
    Authorship authorship(const wire::MailPath& sender) const;
    void forget_everything();
    Patience within_session(Patience patience) const;
    Patience within_transaction(Patience patience) const;

    net::Channel& channel_;
    const Listener& listener_;
    const Collaborators& with_;
    const House& house_;
    std::shared_ptr<net::TlsContext> certificate_; // of the moment the session began
    std::string id_;                               // in the log
    std::chrono::steady_clock::time_point ends_;

    Greeting greeting_;
    Asked asked_;
    std::optional<LoggedIn> login_;
    std::optional<Transaction> transaction_;
    std::optional<login::Postmark> postmark_; // of the transaction, once it is counted
    std::optional<Chunks> chunks_;            // of the transaction, once BDAT has begun
    std::size_t commands_ = 0;
    std::size_t errors_ = 0;
    std::size_t failed_logins_ = 0;
};

} // namespace metka::smtp
