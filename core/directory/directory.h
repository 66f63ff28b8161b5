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
};

// What RCPT needs to know of one address.
struct RecipientRecord {
    DomainState domain = DomainState::active;
    std::optional<InboxRecord> inbox; // none: the domain is ours, the address is not provisioned
};

class Directory {
  public:
    virtual ~Directory() = default;

    virtual Result<std::optional<RecipientRecord>> recipient(const Address&) = 0; // none: not our domain
    virtual Result<std::optional<InboxRecord>> inbox(const InboxId&) = 0;
    // A log-in name: a mailbox's address, any alias of it, or a shell account's name. Folded as at RCPT.
    virtual Result<std::optional<InboxRecord>> login(std::string_view name) = 0;
    virtual Result<bool> may_send_as(const InboxId&,
                                     const Address&) = 0; // its own addresses, in active domains
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
};

class Registry : public Directory {
  public:
    virtual Result<std::vector<Customer>> customers() = 0; // lists are ordered by name, login or address
    virtual Result<std::vector<Domain>> domains() = 0;
    virtual Result<std::vector<ShellAccount>> shell_accounts() = 0;
    virtual Result<std::vector<Mailbox>> mailboxes() = 0;
    virtual Result<std::vector<Alias>> aliases() = 0;
    virtual Result<std::vector<AuditEntry>> audit(std::size_t newest) = 0; // so many, the newest first

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
};

} // namespace metka::directory
