#pragma once
// The wire of a program that delivers (metka-smtp): promises, new messages, commits. When it closes, whatever
// it had begun is abandoned.

#include <memory>
#include <string>
#include <unordered_map>

#include <asio/thread_pool.hpp>

#include "core/directory/directory.h"
#include "core/maildir/maildir_store.h"
#include "daemon/store/answering.h"
#include "daemon/store/batches.h"
#include "daemon/store/fullness_watch.h"
#include "daemon/store/landings.h"

namespace metka::store {

class DeliveryWire;
// Whose each transaction is, so that no peer can touch another's.
using Transactions = std::unordered_map<maildir::MessageId, const DeliveryWire*>;

class DeliveryWire : public std::enable_shared_from_this<DeliveryWire> {
  public:
    struct House { // all of it lives longer
        maildir::MaildirStore& store;
        directory::Directory& directory;
        asio::thread_pool& workers;
        asio::thread_pool& large_ones; // that write large messages out
        Transactions& transactions;
        FullnessWatch& watch;
        Landings& landings;
        Batches& batches;
    };

    DeliveryWire(House house, std::string name) : house_(house), name_(std::move(name)) {}

    Answer answer(sys::Frame request);
    void closed();
    const std::string& name() const { return name_; }

  private:
    Answer promise(sys::Frame request);
    Answer deliver(sys::Frame request);
    Answer open(sys::Frame request);
    Answer store(maildir::MessageId transaction, std::vector<InboxId> inboxes,
                 std::variant<maildir::WholeMessage, maildir::Written> message);
    Answer commit(sys::Frame request);
    Answer abandon(sys::Frame request);

    Result<void>
    claim(const maildir::MessageId& transaction); // conflict: another peer's; unavailable: too many
    bool owns(const maildir::MessageId& transaction) const;
    void abandon_later(std::vector<maildir::MessageId> transactions);

    House house_;
    std::string name_;
};

} // namespace metka::store
