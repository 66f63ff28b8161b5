#pragma once
// One mail transaction (RFC 5321 §3.3): a sender, recipients, the room promised for them. Destroyed, it gives
// back whatever was not committed, on every way out.

#include <optional>
#include <vector>

#include "core/domain/objects.h"
#include "core/maildir/mail_store.h"
#include "core/wire/smtp_command.h"
#include "core/wire/smtp_reply.h"

namespace metka::smtp {

class Transaction {
  public:
    Transaction(maildir::MailSink& sink, maildir::MessageId id, wire::MailCommand mail);
    ~Transaction();
    Transaction(const Transaction&) = delete;
    Transaction& operator=(const Transaction&) = delete;

    const maildir::MessageId& id() const { return id_; }
    const wire::MailPath& sender() const { return mail_.from; }
    std::size_t recipients() const { return recipients_; }
    // Their number is one.
    const std::optional<wire::MailPath>& only_recipient() const { return only_recipient_; }

    // Promises room and takes the recipient in; or the reply that refuses it. An inbox that is there already
    // is asked for no second room and gets one copy.
    asio::awaitable<std::optional<wire::Reply>> add(wire::MailPath path, InboxId inbox, Capacity capacity);

    asio::awaitable<Result<maildir::NewMessage>> open();
    // Or the reply that refuses it. A message larger than was promised is the store's to judge: it knows what
    // is left, and how much beyond its capacity an inbox may go (DOMAIN, capacity and disk limits).
    asio::awaitable<std::optional<wire::Reply>> commit(maildir::Written written);

  private:
    struct Destination {
        InboxId inbox;
        Capacity capacity;
    };

    bool leads_to(const InboxId& inbox) const;
    bool never_fits(Bytes size) const; // larger than the whole capacity of its only inbox
    wire::Reply refusal_for(const Error& error, std::string_view doing) const;

    maildir::MailSink& sink_;
    maildir::MessageId id_;
    wire::MailCommand mail_;
    Bytes promised_; // in each destination
    std::vector<Destination> destinations_;
    std::optional<wire::MailPath> only_recipient_;
    std::size_t recipients_ = 0;
    enum class Held { nothing, room, committed } held_ = Held::nothing;
};

} // namespace metka::smtp
