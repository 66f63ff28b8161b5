#pragma once
// metka-store over its wires, as its callers have it: a MailSink over metka-smtp's wire, a MailInbox over the
// wire of one log-in. A store that is away, or does not answer in time, is unavailable.

#include <chrono>
#include <memory>
#include <unordered_map>

#include <asio/any_io_executor.hpp>

#include "core/maildir/mail_store.h"
#include "core/maildir/protocol.h"
#include "core/net/wire.h"
#include "core/sys/descriptor.h"

namespace metka::maildir {

// How long the store may take for an answer. One that did not come in time means "try later", and so a second
// copy of whatever the store makes durable after that (RFC 1047). Therefore a stalled disk is waited for as
// long as any client waits for us: 10 minutes (RFC 5321 §4.5.3.2.6), less what the way there takes.
struct Deadlines {
    std::chrono::milliseconds asking = net::Wire::patience;
    std::chrono::milliseconds storing = std::chrono::minutes(9) + std::chrono::seconds(30);
};

// A transaction keeps to the wire that it began on, also when the store has been replaced meanwhile.
class WireSink final : public MailSink {
  public:
    explicit WireSink(net::Link& store, Deadlines deadlines = {}) // the link lives longer
        : store_(store), deadlines_(deadlines)
    {
    }

    asio::awaitable<Result<std::vector<Room>>> promise(MessageId transaction, std::vector<InboxId> inboxes,
                                                       Bytes octets) override;
    asio::awaitable<Result<void>> deliver(MessageId transaction, std::vector<InboxId> inboxes,
                                          WholeMessage message) override;
    asio::awaitable<Result<NewMessage>> open(MessageId transaction, InboxId first) override;
    asio::awaitable<Result<void>> commit(MessageId transaction, std::vector<InboxId> inboxes,
                                         Written written) override;
    void abandon(MessageId transaction) override;

  private:
    net::Link::Hold wire_of(MessageId transaction); // null: the store is away
    void end(MessageId transaction, const Result<Done>& done);

    net::Link& store_;
    Deadlines deadlines_;
    std::unordered_map<MessageId, net::Link::Hold> wires_; // of the transactions under way
};

// Takes the end of an inbox wire that metka-auth gave. Closing it (with the object) ends the session's hold
// on the inbox.
std::unique_ptr<MailInbox> open_inbox(asio::any_io_executor executor, sys::Descriptor wire);

} // namespace metka::maildir
