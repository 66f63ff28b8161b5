#pragma once
// One mail transaction (RFC 5321 §3.3): a sender, recipients, the room promised for them. Destroyed, it gives
// back whatever was not stored, on every way out.
//
// Recipients are asked about together: each RCPT of a lot that the client sent at once is noted, with its
// inbox or with the reply that refuses it, and settle() then asks for room in all of them with one question.

#include <chrono>
#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "core/domain/objects.h"
#include "core/maildir/mail_store.h"
#include "core/wire/smtp_command.h"
#include "core/wire/smtp_reply.h"
#include "daemon/smtp/intake.h"

namespace metka::smtp {

// What one RCPT is answered.
struct Settled {
    std::string path; // as it was read, or, where it could not be, as it was written
    wire::Reply reply;
};

class Transaction {
  public:
    Transaction(maildir::MailSink& sink, maildir::MessageId id, wire::MailCommand mail);
    ~Transaction();
    Transaction(const Transaction&) = delete;
    Transaction& operator=(const Transaction&) = delete;

    const maildir::MessageId& id() const { return id_; }
    std::chrono::steady_clock::time_point begun() const { return begun_; }
    const wire::MailCommand& mail() const { return mail_; }
    const wire::MailPath& sender() const { return mail_.from; }
    std::size_t recipients() const { return accepted_.size(); }
    // With what the sender wants to hear of each (RFC 3461), which a relay passes on.
    const std::vector<wire::RcptCommand>& accepted() const { return accepted_; }
    // Their number is one.
    std::optional<wire::MailPath> only_recipient() const;
    std::string recipients_shown() const; // the first of them, as many as a line of the log has room for

    // An inbox that is there already is asked for no second room and gets one copy.
    void want(wire::RcptCommand command, InboxId inbox, Capacity capacity);
    void refuse(std::string path, const wire::Reply& reply);
    std::size_t unsettled() const { return wishes_.size(); }
    std::size_t unsettled_refusals() const; // for good, of the unsettled
    asio::awaitable<std::vector<Settled>>
    settle(); // one for each want() and refuse() since the last, in order

    asio::awaitable<Result<maildir::NewMessage>> open();
    // Stores it, or the reply that refuses it. A message larger than was promised is the store's to judge: it
    // knows what is left, and how much beyond its capacity an inbox may go (DOMAIN, capacity and disk
    // limits).
    asio::awaitable<std::optional<wire::Reply>> store(Taken message);

  private:
    struct Destination {
        InboxId inbox;
        Capacity capacity;
    };
    struct Wish {
        std::string path;
        wire::RcptCommand command = {};
        Destination destination = {};
        std::optional<wire::Reply> refusal = std::nullopt;
    };

    bool never_fits(Bytes size) const; // larger than the whole capacity of its only inbox
    void log_failure(const Error& error, std::string_view doing) const;
    using Rooms = std::unordered_map<InboxId, maildir::Room>;
    std::vector<InboxId> unknown_inboxes(const std::vector<Wish>& wishes) const; // each once
    asio::awaitable<Rooms> ask(std::vector<InboxId> inboxes);
    wire::Reply take(Wish& wish, maildir::Room room);
    asio::awaitable<Result<void>> hand_over(Taken message);

    maildir::MailSink& sink_;
    maildir::MessageId id_;
    const std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
    wire::MailCommand mail_;
    Bytes promised_; // in each destination
    std::vector<Wish> wishes_;
    std::vector<Destination> destinations_;
    std::unordered_set<InboxId> known_; // of destinations_
    std::vector<wire::RcptCommand> accepted_;
    enum class Held { nothing, room, stored } held_ = Held::nothing;
};

} // namespace metka::smtp
