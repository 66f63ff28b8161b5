#pragma once
// The mail store as its callers see it: no path, no folder, only inboxes, descriptors and names that the
// store gave. MailSink is what metka-smtp has, MailInbox what a session has after its log-in. Behind both is
// metka-store over its wires (store_client.h), or the same store in this process (local_store.h) under test;
// one contract test.
//
// Faults: limit (no room: the account is full), not_found (no such inbox, message vanished), unavailable
// (store away, busy, disk full), conflict (inbox in use), io.

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include <asio/awaitable.hpp>

#include "core/base/bytes.h"
#include "core/base/result.h"
#include "core/domain/objects.h"
#include "core/sys/descriptor.h"

namespace metka::maildir {

struct Message;
using MessageId = IdOf<Message>;

// A new message: write to it with pwrite from offset 0, close it, then commit. It has no name in any inbox
// yet, and none at all on disk if nobody commits it.
struct NewMessage {
    sys::Descriptor file;
};

// What the writer counted; kept in the message's name (DESIGN §2).
struct Written {
    Bytes size;              // octets as stored, LF line ends
    std::uint64_t lines = 0; // LFs: size + lines is what RETR sends
};

// A message that is small enough to travel in one piece; no file of its writer's then.
struct WholeMessage {
    std::string text; // LF line ends
    std::uint64_t lines = 0;

    Written written() const { return {.size = {text.size()}, .lines = lines}; }
};
// How large it may be, to so many inboxes: what they leave of one engine frame.
constexpr std::size_t most_whole(std::size_t inboxes)
{
    constexpr std::size_t frame = std::size_t{64} * 1024, all_else = 256, an_inbox = 17;
    const auto taken = all_else + an_inbox * inboxes;
    return taken < frame ? frame - taken : 0;
}

// What came of asking for room in one inbox.
enum class Room {
    held,
    full,    // its capacity, or the disk limit of its space
    not_now, // it cannot be reached; the store's log says why
    count_
};

class MailSink {
  public:
    virtual ~MailSink() = default;

    // Room for `octets` more in each of these inboxes, held under `transaction` until it is stored or
    // abandoned; one answer for each, in their order. Asking again for the same inbox and transaction holds
    // no second room.
    virtual asio::awaitable<Result<std::vector<Room>>>
    promise(MessageId transaction, std::vector<InboxId> inboxes, Bytes octets) = 0;
    // The message of a transaction, whole: into all these inboxes, or into none. When it says yes, the
    // message is durable in each of them.
    virtual asio::awaitable<Result<void>> deliver(MessageId transaction, std::vector<InboxId> inboxes,
                                                  WholeMessage message) = 0;
    // For a larger one: opens the message of a transaction, in the tree of `first`.
    virtual asio::awaitable<Result<NewMessage>> open(MessageId transaction, InboxId first) = 0;
    // What was written there, as deliver() does. The descriptor that open() gave must have been closed
    // before: the store checks that nobody can write any more.
    virtual asio::awaitable<Result<void>> commit(MessageId transaction, std::vector<InboxId> inboxes,
                                                 Written written) = 0;
    virtual void abandon(MessageId transaction) = 0; // gives back its room; safe to repeat, and after commit
};

// A message of an opened inbox, from 0; the oldest comes first. Means the same message until the inbox is
// opened anew, whatever other programs do meanwhile.
using MessageIndex = std::uint32_t;

struct Opened {
    std::uint64_t messages = 0;
    std::uint64_t octets = 0; // of all of them, as RETR sends them
};

// What UIDL shows for some messages, in their order: 1–70 characters of 0x21–0x7E each, the same for ever
// (RFC 1939 §7), and a LF after each.
struct Uids {
    std::uint64_t count = 0;
    std::string lines;
};

struct StoredMessage {
    sys::Descriptor file;     // read-only
    std::uint64_t octets = 0; // that RETR sends of it
};

// What came of removing some messages. Those that somebody else removed before count as removed.
struct Removal {
    std::uint64_t removed = 0;
    std::uint64_t left = 0; // could not be, and lie there still
    std::string why;        // of the last of these
};

// The inbox one log-in opened. Only this inbox can be reached by it, and for as long as its account may be
// read: denied, from any of these, says that it is suspended or has been removed since the log-in.
class MailInbox {
  public:
    virtual ~MailInbox() = default;
    // Once it is not, nothing can be had of it any more: the store it was opened by has gone.
    virtual bool is_open() const = 0;
    // Takes it, and lists it. One session at a time; conflict: another has it. Before anything else.
    virtual asio::awaitable<Result<Opened>> open() = 0;
    virtual asio::awaitable<void> unlock() = 0; // the next session may have it at once
    virtual asio::awaitable<Result<std::vector<std::uint64_t>>> octets() = 0; // of each message
    // From that message on, at most so many; at least one while there are any.
    virtual asio::awaitable<Result<Uids>> uids(MessageIndex from, std::uint64_t most) = 0;
    virtual asio::awaitable<Result<StoredMessage>> read(MessageIndex message) = 0;
    // Durable. limit: the mailbox has expired since the log-in. An error says nothing of what was removed,
    // but for conflict, denied and limit: then nothing was.
    virtual asio::awaitable<Result<Removal>> remove(std::vector<MessageIndex> messages) = 0;
};

} // namespace metka::maildir
