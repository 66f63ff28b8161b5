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
    std::vector<InboxId> inboxes;
    Bytes octets; // in each
    void fields(auto& each) { each(transaction), each(inboxes), each(octets); }
};
struct Promised { // one for each that was asked for, in their order
    static constexpr std::uint16_t kind = 0x0205;
    std::vector<Room> rooms;
    void fields(auto& each) { each(rooms); }
};
struct DeliverMessage {
    static constexpr std::uint16_t kind = 0x0206;
    static constexpr bool holds_mail = true;
    MessageId transaction;
    std::vector<InboxId> inboxes;
    std::uint64_t lines = 0;
    std::string text; // at most most_whole()
    void fields(auto& each) { each(transaction), each(inboxes), each(lines), each(text); }
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
struct OpenInbox { // before anything else; answered by InboxOpened
    static constexpr std::uint16_t kind = 0x0301;
    void fields(auto&) {}
};
struct InboxOpened : Opened {
    static constexpr std::uint16_t kind = 0x0302;
    void fields(auto& each) { each(messages), each(octets); }
};
struct UnlockInbox { // the session is over; the wire is closed next
    static constexpr std::uint16_t kind = 0x0303;
    void fields(auto&) {}
};
struct ListOctets { // from the message with this index on, as many as fit a frame
    static constexpr std::uint16_t kind = 0x0304;
    std::uint32_t from = 0;
    void fields(auto& each) { each(from); }
};
struct OctetsListed {
    static constexpr std::uint16_t kind = 0x0305;
    std::vector<std::uint64_t> octets;
    void fields(auto& each) { each(octets); }
};
struct ListUids { // the same, and no more than that
    static constexpr std::uint16_t kind = 0x0306;
    std::uint32_t from = 0;
    std::uint64_t most = 0;
    void fields(auto& each) { each(from), each(most); }
};
struct UidsListed : Uids {
    static constexpr std::uint16_t kind = 0x0307;
    void fields(auto& each) { each(count), each(lines); }
};
struct ReadMessage { // answered by MessageRead with one descriptor, read-only
    static constexpr std::uint16_t kind = 0x0308;
    std::uint32_t message = 0;
    void fields(auto& each) { each(message); }
};
struct MessageRead {
    static constexpr std::uint16_t kind = 0x0309;
    std::uint64_t octets = 0;
    void fields(auto& each) { each(octets); }
};
struct RemoveMessages { // as many as fit a frame; the client sends several
    static constexpr std::uint16_t kind = 0x030a;
    std::vector<std::uint64_t> messages;
    void fields(auto& each) { each(messages); }
};
struct MessagesRemoved : Removal {
    static constexpr std::uint16_t kind = 0x030b;
    void fields(auto& each) { each(removed), each(left), each(why); }
};

// metkad → store. Where an inbox lies follows from these three, never from a name.
struct InboxPlace {
    InboxId inbox;
    directory::InboxKind inbox_kind = directory::InboxKind::mailbox;
    InboxId shell; // a free mailbox: its shell account; otherwise empty
    void fields(auto& each) { each(inbox), each(inbox_kind), each(shell); }
};
enum class Notice : std::uint8_t {
    near_expiry,   // so many days before the last day: `about` is that day, `days` the notice day of the plan
    expired,       // `about` is the last day, `days` 0
    nearly_full,   // 90 %; the store sends it by itself, and the quota sweep what was missed
    certificate,   // to the operator: a TLS certificate ends at `about`; `days` 0: it has ended
    sending_limit, // on day `about` the account has sent as many messages in `hours` as it may, `left`
    sender_limited, // to the operator: the same of account `of`
    count_
};
// Sent once for each inbox, notice, `about`, `of` and `days`; past any capacity; durable before the answer.
struct SendNotice {
    static constexpr std::uint16_t kind = 0x0405;
    InboxId inbox;
    Notice notice = Notice::near_expiry;
    std::string about; // an ISO date
    std::uint64_t days = 0;
    std::uint64_t left = 0; // what the letter says is left, which a late sweep finds to be less
    std::string of;         // of those to the operator: the host's, the account's; otherwise empty
    std::string language; // of those to the operator: "pl" or "en"; otherwise empty, and that of the account
    std::uint64_t hours = 0; // of a sending limit: 1 or 24
    void fields(auto& each)
    {
        each(inbox), each(notice), each(about), each(days), each(left), each(of), each(language), each(hours);
    }
};
struct NoticeSent {
    static constexpr std::uint16_t kind = 0x0406;
    std::uint64_t at = 0; // Unix milliseconds: now, or when it was sent before
    bool now = false;
    void fields(auto& each) { each(at), each(now); }
};
// Asks without sending: NoticeSent with `at` 0 if it was never sent.
struct AskNotice : SendNotice {
    static constexpr std::uint16_t kind = 0x0407;
};
struct ListNotices { // the newest first; `before` 0: from the newest on; `inbox` empty: of everybody
    static constexpr std::uint16_t kind = 0x0408;
    InboxId inbox;
    std::uint64_t before = 0; // the `place` of the last one had
    void fields(auto& each) { each(inbox), each(before); }
};
struct NoticeRow {
    std::uint64_t place = 0;
    InboxId inbox;
    std::string login; // as it was then
    Notice notice = Notice::near_expiry;
    std::string about; // of those to the operator: the day and of what, "2027-12-31 mail.example.org"
    std::uint64_t days = 0;
    std::uint64_t at = 0; // Unix milliseconds
    void fields(auto& each)
    {
        each(place), each(inbox), each(login), each(notice), each(about), each(days), each(at);
    }
};
struct Notices { // as many as fit a frame; empty: there are no more
    static constexpr std::uint16_t kind = 0x0409;
    std::vector<NoticeRow> rows;
    void fields(auto& each) { each(rows); }
};
// For the quota sweep: counts afresh, sends what was missed at 90 %, re-arms below 85 %. Of a shell account
// the whole space counts.
struct CheckInbox {
    static constexpr std::uint16_t kind = 0x040a;
    InboxId inbox;
    void fields(auto& each) { each(inbox); }
};
struct Checked {
    static constexpr std::uint16_t kind = 0x040b;
    Bytes used; // of this inbox
    std::uint64_t messages = 0;
    Bytes space;               // of a shell account: home, inbox, free mailboxes, removed ones
    bool noticed = false;      // a notice was sent now
    std::uint64_t skipped = 0; // what lies in a shell inbox and is no message of ours
    std::string untold;        // why a notice that is due could not be written; the next check tries again
    void fields(auto& each)
    {
        each(used), each(messages), each(space), each(noticed), each(skipped), each(untold);
    }
};
struct MakeInboxes { // Done: all of them are there, durably. As many as fit a frame; paid and free mailboxes
    static constexpr std::uint16_t kind = 0x040c;
    std::vector<InboxPlace> places;
    void fields(auto& each) { each(places); }
};
// A mailbox moves: its messages are copied while it is in use, and for the last pass it is closed (its row
// in the directory says so), so that afterwards both places hold the same and nothing comes to the old one.
enum class Pass : std::uint8_t { copying, last, count_ };
// Every message of `from` that is not there yet also into `to` (made before), durably; by links where they
// go; as many as a few seconds allow. conflict: a session has the inbox. unavailable: in the last pass,
// somebody still puts something in. Safe to repeat, and to be repeated until all is there.
struct CarryMessages {
    static constexpr std::uint16_t kind = 0x040d;
    InboxPlace from;
    InboxPlace to;
    Pass pass = Pass::copying;
    void fields(auto& each) { from.fields(each), to.fields(each), each(pass); }
};
struct Carried {
    static constexpr std::uint16_t kind = 0x0410;
    bool all = false;
    void fields(auto& each) { each(all); }
};
struct AskUsages { // of paid and free mailboxes and shell inboxes alike; as many as fit a frame
    static constexpr std::uint16_t kind = 0x040e;
    std::vector<InboxId> inboxes;
    void fields(auto& each) { each(inboxes); }
};
struct Usages { // one for each that was asked for; UINT64_MAX: could not be counted
    static constexpr std::uint16_t kind = 0x040f;
    std::vector<Bytes> used;
    void fields(auto& each) { each(used); }
};

struct MakeInbox : InboxPlace { // Done; for a shell inbox with a descriptor of its Maildir, for metkad to
                                // give it its group
    static constexpr std::uint16_t kind = 0x0401;
};
// Into the trash by one rename, then emptied; the row has gone before. Done; with a descriptor of a folder
// that its owner, a shell user, must empty before this can go on.
struct RemoveInbox : InboxPlace {
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
