#pragma once
// What travels on the wires to metka-store. Three kinds of peer, each with messages of its own: metka-smtp
// delivers (0x02xx), a log-in's inbox wire reads and removes (0x03xx), metkad keeps house (0x04xx);
// metka-auth hands over the inbox wires (0x05xx). A message on the wrong kind of wire is a bad frame.

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/bytes.h"
#include "core/directory/directory.h"
#include "core/maildir/mail_store.h"

namespace metka::maildir {

struct Done {
    static constexpr std::uint16_t kind = 0x0200;
    void fields(auto&) {}
};

// metka-smtp → store
struct PromiseRoom {
    static constexpr std::uint16_t kind = 0x0201;
    MessageId transaction;
    InboxId inbox;
    Bytes octets;
    void fields(auto& each) { each(transaction), each(inbox), each(octets); }
};
struct OpenMessage { // answered by Done with one descriptor, write-only
    static constexpr std::uint16_t kind = 0x0202;
    MessageId transaction;
    InboxId first;
    void fields(auto& each) { each(transaction), each(first); }
};
struct CommitMessage {
    static constexpr std::uint16_t kind = 0x0203;
    MessageId transaction;
    std::vector<InboxId> inboxes;
    Bytes size;
    std::uint64_t lines = 0;
    void fields(auto& each) { each(transaction), each(inboxes), each(size), each(lines); }
};
struct AbandonMessage { // told, not asked
    static constexpr std::uint16_t kind = 0x0204;
    MessageId transaction;
    void fields(auto& each) { each(transaction); }
};

// a session → store, on its inbox wire
struct LockInbox {
    static constexpr std::uint16_t kind = 0x0301;
    void fields(auto&) {}
};
struct UnlockInbox { // the session is over; the wire is closed next
    static constexpr std::uint16_t kind = 0x0306;
    void fields(auto&) {}
};
struct ListInbox { // from the message with this index on; 0 takes a fresh listing
    static constexpr std::uint16_t kind = 0x0302;
    std::uint64_t from = 0;
    void fields(auto& each) { each(from); }
};
struct Listing { // part of a list; asked for again until `messages` is empty
    static constexpr std::uint16_t kind = 0x0303;
    std::vector<Listed> messages;
    void fields(auto& each) { each(messages); }
};
struct ReadMessage { // answered by Done with one descriptor, read-only
    static constexpr std::uint16_t kind = 0x0304;
    std::string name;
    void fields(auto& each) { each(name); }
};
struct RemoveMessages { // as many as fit a frame; the client sends several
    static constexpr std::uint16_t kind = 0x0305;
    std::vector<std::string> names;
    void fields(auto& each) { each(names); }
};

// metkad → store. Where an inbox lies follows from these three, never from a name.
struct InboxPlace {
    InboxId inbox;
    directory::InboxKind inbox_kind = directory::InboxKind::mailbox;
    InboxId shell; // a free mailbox: its shell account; otherwise empty
    void fields(auto& each) { each(inbox), each(inbox_kind), each(shell); }
};
struct MakeInbox : InboxPlace { // Done; for a shell inbox with a descriptor of its Maildir, for metkad to
                                // give it its group
    static constexpr std::uint16_t kind = 0x0401;
};
struct RemoveInbox : InboxPlace { // into the trash by one rename, then emptied; the row has gone before
    static constexpr std::uint16_t kind = 0x0402;
};
struct AskUsage : InboxPlace {
    static constexpr std::uint16_t kind = 0x0403;
};
struct Usage {
    static constexpr std::uint16_t kind = 0x0404;
    Bytes used;
    std::uint64_t messages = 0;
    void fields(auto& each) { each(used), each(messages); }
};

// metka-auth → store, with one descriptor: the store's end of an inbox wire. Answered by Done.
struct GrantInbox {
    static constexpr std::uint16_t kind = 0x0501;
    InboxId inbox;
    void fields(auto& each) { each(inbox); }
};

} // namespace metka::maildir
