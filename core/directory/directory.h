#pragma once
// The directory: who there is, where their mail goes, how much they may have. Interfaces in the domain's
// words; SQLite (sqlite_directory.h) and memory (memory_directory.h) stand behind them and pass one contract
// test.
//
// Directory is what the engine asks, on its hot path: nothing here opens a file, forks or waits for the
// network. Registry is what metkad alone has: it also lists and changes. A change is one transaction together
// with its audit row, so that neither is ever there without the other.
//
// Faults: unavailable (the database is busy or away: the client may try again), io, internal. "Not there" is
// an empty optional, never a fault. One object serves one thread.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/directory/records.h"
#include "core/domain/objects.h"

namespace metka::directory {

class Directory {
  public:
    virtual ~Directory() = default;

    virtual Result<std::optional<RecipientRecord>> recipient(const Address&) = 0; // none: not our domain
    virtual Result<std::optional<InboxRecord>> inbox(const InboxId&) = 0;
    // A log-in name: a mailbox's address, any alias of it, or a shell account's name. Folded as at RCPT.
    virtual Result<std::optional<InboxRecord>> login(std::string_view name) = 0;
    virtual Result<bool> may_send_as(const InboxId&,
                                     const Address&) = 0; // its own addresses, in active domains
    // Does mail from outside have to leave the senders of this domain alone? Only an active domain asks for
    // it; false for one that is not ours.
    virtual Result<bool> protects_senders(const DomainName&) = 0;
    virtual Result<std::optional<SendingRecord>> sending(const InboxId&) = 0;   // none: no such account
    virtual Result<std::optional<SpaceRecord>> space(const InboxId& shell) = 0; // none: no such shell account
};

// Inside one change. Each call refuses what would break a key (conflict), or name what is not there
// (not_found); a call that was refused fails the whole change, whatever `work` says afterwards.
class Changes {
  public:
    virtual ~Changes() = default;
    virtual Result<void> add(const Customer&) = 0;
    virtual Result<void> add(const Domain&) = 0;
    virtual Result<void> add(const ShellAccount&) = 0;
    virtual Result<void> add(const Mailbox&) = 0; // its primary address is taken with it
    virtual Result<void> add(const Alias&) = 0;
    virtual Result<void> set(const Customer&) = 0; // found by id; ids and creation times never change
    virtual Result<void> set(const Domain&) = 0;
    virtual Result<void> set(const ShellAccount&) = 0;
    virtual Result<void> set(const Mailbox&) = 0;
    virtual Result<void> set(const Alias&) = 0;         // found by address: leads elsewhere
    virtual Result<void> remove(const CustomerId&) = 0; // conflict while something still belongs to it
    virtual Result<void> remove(const DomainId&) = 0;
    virtual Result<void>
    remove_inbox(const InboxId&) = 0; // a shell account or a mailbox, and its primary address
    virtual Result<void> remove_alias(const Address&) = 0;

    // A freed address waits for its old customer alone; adding the address again ends that.
    virtual Result<void> add(const Quarantine&) = 0;         // a later one takes the place of an earlier one
    virtual Result<void> add(const Removed&) = 0;            // its row must have gone
    virtual Result<void> forget_removed(const InboxId&) = 0; // safe to repeat
    // A domain that leaves a customer: from now on an MX record proves it to nobody else.
    virtual Result<void> remember_past(const DomainName&, const CustomerId&) = 0; // safe to repeat
};

class Registry : public Directory {
  public:
    virtual Result<std::vector<Customer>> customers() = 0; // lists are ordered by name, login or address
    virtual Result<std::vector<Domain>> domains() = 0;
    virtual Result<std::vector<ShellAccount>> shell_accounts() = 0;
    virtual Result<std::vector<Mailbox>> mailboxes() = 0;
    virtual Result<std::vector<Alias>> aliases() = 0;
    virtual Result<std::optional<Domain>> host_domain() = 0;                     // no list has it
    virtual Result<std::optional<InboxId>> host_name(std::string_view name) = 0; // who has it (V11)

    // What belongs to one of them; ordered as above.
    virtual Result<std::vector<Domain>> domains_of(const CustomerId&) = 0;
    virtual Result<std::vector<ShellAccount>> shell_accounts_of(const CustomerId&) = 0;
    virtual Result<std::vector<Mailbox>> mailboxes_of(const CustomerId&) = 0;
    virtual Result<std::vector<Mailbox>> mailboxes_in(const InboxId& shell) = 0;
    virtual Result<std::vector<Mailbox>> mailboxes_at(const DomainId&) = 0; // by their primary address
    virtual Result<std::vector<Alias>> aliases_of(const InboxId&) = 0;
    virtual Result<std::vector<Alias>> aliases_at(const DomainId&) = 0;
    virtual Result<std::uint64_t> aliases_by(const InboxId&, MadeBy) = 0; // how many

    // At most `most` mailboxes whose validity ends before `before`, the earliest first, behind `after`.
    virtual Result<std::vector<Mailbox>> mailboxes_ending(Instant before, const Ending& after,
                                                          std::size_t most) = 0;
    virtual Result<std::uint64_t>
    longest_notice() = 0; // days, of mailboxes that have notice days of their own

    // At most `most` inboxes of every kind behind `after`, by id.
    virtual Result<std::vector<InboxRecord>> inboxes(const InboxId& after, std::size_t most) = 0;

    virtual Result<Totals> totals() = 0;
    virtual Result<FreeCounts> free_counts(const InboxId& shell, const DomainId& domain,
                                           const CustomerId& customer) = 0;

    virtual Result<std::optional<Quarantine>> quarantine(const Address&) = 0;
    virtual Result<std::vector<Removed>> removed() = 0;                              // the oldest first
    virtual Result<bool> was_anothers(const DomainName&, const CustomerId& now) = 0; // ever before
    virtual Result<std::optional<Instant>> last_sweep(Sweep) = 0;

    virtual Result<std::vector<Move>> moves() = 0;                  // the oldest first
    virtual Result<std::vector<Move>> moves_of(const InboxId&) = 0; // of a mailbox; out of or into a space
    virtual Result<std::vector<SwitchEntry>> switches(std::size_t most) = 0; // the last to arrive first

    struct AuditQuery {
        std::size_t most = 100;
        std::string subject = {};   // empty: any
        std::string acting_as = {}; // or the actor; empty: any
    };
    virtual Result<std::vector<AuditEntry>> audit(const AuditQuery&) = 0; // the newest first
    virtual Result<std::optional<Instant>>
    newest_audit() = 0; // the latest time, also where the clock went back

    virtual Result<std::optional<Customer>> customer(std::string_view name) = 0;
    virtual Result<std::optional<Customer>> customer(const CustomerId&) = 0;
    virtual Result<std::optional<Domain>> domain(const DomainName&) = 0;
    virtual Result<std::optional<Domain>> domain(const DomainId&) = 0;
    virtual Result<std::optional<ShellAccount>> shell_account(std::string_view login) = 0;
    virtual Result<std::optional<ShellAccount>> shell_account(const InboxId&) = 0;
    virtual Result<std::optional<Mailbox>> mailbox(const Address&) = 0; // by primary address
    virtual Result<std::optional<Mailbox>> mailbox(const InboxId&) = 0;
    virtual Result<std::optional<Alias>> alias(const Address&) = 0;

    // Runs `work` in one transaction and commits it, durably, with the audit row, if it succeeds; otherwise
    // nothing has happened. The entry is read after `work` has run, so that it can fill in `after`.
    virtual Result<void> change(AuditEntry& entry, const std::function<Result<void>(Changes&)>& work) = 0;

    // Several changes that become durable together: until finish() each change() is whole or nothing in
    // itself, as ever, and none survives a crash. One batch at a time; dropped without finish(): none of it.
    class Batch {
      public:
        virtual ~Batch() = default;
        virtual Result<void> finish() = 0;
    };
    virtual Result<std::unique_ptr<Batch>> batch() = 0;

    // What is measured and noted, not provisioned: no audit row. Durable when they return.
    virtual Result<void> note_home(const InboxId& shell, Bytes used, Instant measured) = 0;
    virtual Result<void> note_sweep(Sweep, Instant ended) = 0;
    virtual Result<void> end_quarantines(Instant now) = 0; // of those whose time is over
    // A move is noted before anything is copied, and ended when nothing is left to take away. While it stands
    // its mailbox lies in one of the two spaces, and none of the three can be removed. Noted again for the
    // same way it takes the place of the first; for another way: conflict. From where it does not lie:
    // invalid.
    virtual Result<void> note_move(const Move&) = 0;
    virtual Result<void> end_move(const InboxId& mailbox) = 0; // safe to repeat
    virtual Result<void> note_switch(const SwitchEntry&) = 0;  // in the place of an earlier one of this id
};

} // namespace metka::directory
