#pragma once
// The world that every SMTP test meets (tests/dialogues/README.md), in memory: a directory, a store that
// counts room and keeps messages, a book of passwords, and a session that is played over a socket pair
// without a thread.

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <asio/io_context.hpp>

#include "core/base/clock.h"
#include "core/directory/memory_directory.h"
#include "core/net/tls.h"
#include "daemon/smtp/session.h"
#include "tests/dialogues/client.h"

namespace metka::smtp::test {

// What of the store fails next, and how.
struct Failures {
    std::optional<Fault> promise, open, commit; // commit: deliver, too
};

class MemorySink final : public maildir::MailSink {
  public:
    struct Delivered {
        std::vector<InboxId> inboxes;
        std::string text;
        maildir::Written written;
    };

    std::map<InboxId, Bytes> capacities; // of inboxes that have one
    std::vector<Delivered> delivered;
    std::size_t questions = 0; // promises asked for, each for any number of inboxes
    Failures failures;
    bool read_only = false; // the descriptors it hands out cannot be written
    bool disk_full = false; // or there is no room for what is written to them
    std::function<void()> when_delivering = [] {};

    asio::awaitable<Result<std::vector<maildir::Room>>>
    promise(maildir::MessageId transaction, std::vector<InboxId> inboxes, Bytes octets) override;
    asio::awaitable<Result<void>> deliver(maildir::MessageId transaction, std::vector<InboxId> inboxes,
                                          maildir::WholeMessage message) override;
    asio::awaitable<Result<maildir::NewMessage>> open(maildir::MessageId transaction, InboxId first) override;
    asio::awaitable<Result<void>> commit(maildir::MessageId transaction, std::vector<InboxId> inboxes,
                                         maildir::Written written) override;
    void abandon(maildir::MessageId transaction) override;

    std::size_t held() const
    {
        return promises_.size() + files_.size();
    } // nothing, once all sessions have ended

  private:
    maildir::Room promise(const maildir::MessageId& transaction, const InboxId& inbox, Bytes octets);
    Result<void> keep(const maildir::MessageId& transaction, std::vector<InboxId> inboxes, std::string text,
                      maildir::Written written);
    Bytes room_taken(const InboxId& inbox, const maildir::MessageId& but_by) const;

    std::map<std::pair<maildir::MessageId, InboxId>, Bytes> promises_;
    std::map<maildir::MessageId, sys::Descriptor> files_; // read-only
    std::map<InboxId, Bytes> used_;
};

// The directory in memory, which can go away.
class LentDirectory final : public directory::Directory {
  public:
    explicit LentDirectory(directory::Directory& lender) : lender_(lender) {}
    bool away = false;

    Result<std::optional<directory::RecipientRecord>> recipient(const Address& address) override;
    Result<std::optional<directory::InboxRecord>> inbox(const InboxId& id) override;
    Result<std::optional<directory::InboxRecord>> login(std::string_view name) override;
    Result<bool> may_send_as(const InboxId& id, const Address& address) override;
    Result<bool> protects_senders(const DomainName& domain) override;
    Result<std::optional<directory::SendingRecord>> sending(const InboxId& id) override;
    Result<std::optional<directory::SpaceRecord>> space(const InboxId& shell) override;

  private:
    directory::Directory& lender_;
};

class PasswordBook final : public login::Authenticator {
  public:
    struct Page {
        std::string password;
        login::Verdict verdict = login::Verdict::right;
        InboxId account = {};
    };
    std::map<std::string, Page, std::less<>> pages;
    bool away = false;

    asio::awaitable<Result<login::Answer>> check(login::Attempt attempt) override;
    void came_to_nothing(const InboxId&) override {} // SMTP opens no inbox
};

inline constexpr std::string_view biuro = "biuro@moja-firma.lublin.pl";
inline constexpr std::string_view sklep = "sklep@moja-firma.lublin.pl";

struct World {
    World();

    SetClock clock{from_unix_ms(1'767'225'600'000)}; // Thu, 01 Jan 2026 00:00:00 UTC
    directory::MemoryDirectory directory;
    LentDirectory lent{directory}; // what the sessions see of it
    MemorySink sink;
    PasswordBook passwords;
    Receipts receipts;
    Allowance memory{kept_in_memory};
    Collaborators collaborators{lent, sink, passwords, receipts, memory, clock};
    House house;
    std::shared_ptr<net::TlsContext> certificate;

    InboxId inbox(std::string_view login) const { return passwords.pages.find(login)->second.account; }
    void set_capacity(std::string_view login, Bytes capacity);
    void suspend(std::string_view login); // and its password is right still
    void protect_senders(std::string_view domain);
    void provision_alias(std::string_view address, std::string_view to);
    const std::string& last_message() const { return sink.delivered.back().text; }
};

// One connection: the session runs whenever the client waits.
class Connection {
  public:
    explicit Connection(World& world, std::string_view listener = "smtp");
    ~Connection();

    sys::Descriptor take_client() { return std::move(client_); }
    std::function<void()> pump();
    void drain(); // as metkad asks for it
    bool is_over() const { return over_; }

  private:
    asio::awaitable<void> serve(World& world, const Listener& listener,
                                std::shared_ptr<net::TlsContext> certificate);

    asio::io_context loop_;
    std::unique_ptr<net::Channel> channel_;
    sys::Descriptor client_;
    bool over_ = false;
};

// A client that says a line and hears the last line of the answer.
class Talk {
  public:
    explicit Talk(World& world, std::string_view listener = "smtp");

    std::string hear(); // the next reply, its last line; empty: none
    std::string say(std::string_view line);
    void send(std::string_view bytes) { client_.send(bytes); }
    void greet();                                        // EHLO
    void address(std::string_view mail_parameters = ""); // MAIL from elsewhere, and RCPT to biuro
    void start_tls();                                    // STARTTLS and EHLO
    void log_in(std::string_view name, std::string_view password);
    Connection& connection() { return connection_; }
    dialogues::Client& client() { return client_; }

  private:
    Connection connection_;
    dialogues::Client client_;
};

} // namespace metka::smtp::test
