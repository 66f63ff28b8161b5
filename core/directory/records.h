#pragma once
// What the directory answers with and what it notes, beside the objects themselves.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/base/clock.h"
#include "core/base/id.h"
#include "core/domain/objects.h"

namespace metka::directory {

enum class InboxKind { shell, mailbox, count_ };

// One inbox with everything that decides what it may do now; standings of its domain, shell account and
// customer included, so that one lookup answers.
struct InboxRecord {
    InboxId id;
    InboxKind kind = InboxKind::mailbox;
    std::string login;            // the mailbox's address, or the shell account's Unix name
    std::optional<InboxId> shell; // the shell account whose space it is in; a shell inbox: itself
    std::uint32_t shell_uid = 0;  // of that shell account; 0: none
    Capacity capacity;            // of a mailbox; of a shell inbox its disk limit
    std::optional<Instant> valid_ends;
    bool suspended = false; // itself, its shell account, its customer, or the domain of its address
    bool closed = false;    // for the last moment of a move: nothing goes in or out
    Language language = Language::polish;
};

// The space of a shell account, as DOMAIN "Capacity and disk limits" counts it together.
struct SpaceRecord {
    Capacity limit;
    Bytes home;                   // as it was last measured
    std::vector<InboxId> boxes;   // its free mailboxes
    std::vector<InboxId> removed; // free mailboxes that were removed and still lie there
};

// What RCPT needs to know of one address. In the host domain every account's host name is an address too
// (V11), for log-ins and senders as well.
struct RecipientRecord {
    DomainState domain = DomainState::active;
    std::optional<InboxRecord> inbox; // none: the domain is ours, the address is not provisioned
};

// How many messages an account may send: what it has of its own in place of its plan's numbers, and whose
// plan that is. 0: no limit.
struct SendingRecord {
    std::string plan; // of its customer; an account of no customer follows the standard one
    std::optional<std::uint64_t> messages_per_hour;
    std::optional<std::uint64_t> messages_per_day;

    bool operator==(const SendingRecord&) const = default;
};

// Who did it, by the kernel's word, and what. `before` and `after` are JSON; passwords are never in them.
struct AuditEntry {
    Instant at;
    std::uint32_t actor_uid = 0;
    std::string actor;
    std::string acting_as; // --as; empty: as themselves
    std::string verb;
    std::string subject;
    std::string before;
    std::string after;
};

// How many of each there are.
struct Totals {
    std::uint64_t customers = 0;
    std::uint64_t domains = 0; // the host domain is none of them
    std::uint64_t shells = 0;
    std::uint64_t mailboxes = 0;
    std::uint64_t aliases = 0;
};

// How many free mailboxes there are: in one space, in one domain, of one customer.
struct FreeCounts {
    std::uint64_t in_shell = 0;
    std::uint64_t in_domain = 0;
    std::uint64_t of_customer = 0;
};

// Where a walk through the mailboxes by the end of their validity goes on.
struct Ending {
    Instant ends;
    InboxId id;
};

enum class Sweep { expiry, quota };

// A mailbox on its way from one space to another (none: of nobody's, paid). Where its row points says how far
// it is: at `from`, nothing but copies lies in `to`; at `to`, nothing but copies is left in `from`.
struct Move {
    InboxId mailbox;
    std::optional<InboxId> from; // a shell account's
    std::optional<InboxId> to;
    Instant since;
    bool closed = false; // until its row points at `to`, nothing is put into the mailbox, and nobody opens it

    bool operator==(const Move&) const = default;
};

// One switch from a generation of the configuration to another, or the attempt.
struct Switch;
using SwitchId = IdOf<Switch>;
struct SwitchEntry {
    SwitchId id;
    Instant at;
    std::uint64_t from = 0; // 0: there was none before
    std::uint64_t to = 0;
    std::uint32_t actor_uid = 0;
    std::string actor;
    std::string acting_as; // --as; empty: as themselves
    std::string cause;     // "start", "apply", "reload", "rollback"
    std::string reason;    // what --reason said
    std::string outcome;   // "begun", "running", "refused", "cut off"
    std::string message;   // why it was refused
    std::string input;     // SHA-256, hex, of the settings that metka.yaml and its drop-ins had then

    bool operator==(const SwitchEntry&) const = default;
};

} // namespace metka::directory
