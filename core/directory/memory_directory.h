#pragma once
// The directory in memory, for tests: the same interface and the same refusals as the SQLite one (one
// contract test). Nothing is durable and nothing is fast: lookups walk the rows.

#include <memory>

#include "core/directory/directory.h"

namespace metka::directory {

struct MemoryRows;

class MemoryDirectory final : public Registry {
  public:
    MemoryDirectory();
    ~MemoryDirectory() override;
    MemoryDirectory(const MemoryDirectory&) = delete;
    MemoryDirectory& operator=(const MemoryDirectory&) = delete;

    Result<std::optional<RecipientRecord>> recipient(const Address& address) override;
    Result<std::optional<InboxRecord>> inbox(const InboxId& id) override;
    Result<std::optional<InboxRecord>> login(std::string_view name) override;
    Result<bool> may_send_as(const InboxId& id, const Address& address) override;
    Result<bool> protects_senders(const DomainName& domain) override;
    Result<std::optional<SendingRecord>> sending(const InboxId& id) override;
    Result<std::optional<SpaceRecord>> space(const InboxId& shell) override;

    Result<std::vector<Customer>> customers() override;
    Result<std::vector<Domain>> domains() override;
    Result<std::vector<ShellAccount>> shell_accounts() override;
    Result<std::vector<Mailbox>> mailboxes() override;
    Result<std::vector<Alias>> aliases() override;
    Result<std::optional<Domain>> host_domain() override;
    Result<std::optional<InboxId>> host_name(std::string_view name) override;

    Result<std::vector<Domain>> domains_of(const CustomerId& customer) override;
    Result<std::vector<ShellAccount>> shell_accounts_of(const CustomerId& customer) override;
    Result<std::vector<Mailbox>> mailboxes_of(const CustomerId& customer) override;
    Result<std::vector<Mailbox>> mailboxes_in(const InboxId& shell) override;
    Result<std::vector<Mailbox>> mailboxes_at(const DomainId& domain) override;
    Result<std::vector<Alias>> aliases_of(const InboxId& inbox) override;
    Result<std::vector<Alias>> aliases_at(const DomainId& domain) override;
    Result<std::uint64_t> aliases_by(const InboxId& inbox, MadeBy made_by) override;

    Result<std::uint64_t> longest_notice() override;
    Result<std::vector<Mailbox>> mailboxes_ending(Instant before, const Ending& after,
                                                  std::size_t most) override;
    Result<std::vector<InboxRecord>> inboxes(const InboxId& after, std::size_t most) override;

    Result<Totals> totals() override;
    Result<FreeCounts> free_counts(const InboxId& shell, const DomainId& domain,
                                   const CustomerId& customer) override;

    Result<std::optional<Quarantine>> quarantine(const Address& address) override;
    Result<std::vector<Removed>> removed() override;
    Result<bool> was_anothers(const DomainName& name, const CustomerId& now) override;
    Result<std::optional<Instant>> last_sweep(Sweep sweep) override;
    Result<std::vector<Move>> moves() override;
    Result<std::vector<Move>> moves_of(const InboxId& id) override;
    Result<std::vector<SwitchEntry>> switches(std::size_t most) override;
    Result<std::vector<AuditEntry>> audit(const AuditQuery& query) override;
    Result<std::optional<Instant>> newest_audit() override;

    Result<std::optional<Customer>> customer(std::string_view name) override;
    Result<std::optional<Customer>> customer(const CustomerId& id) override;
    Result<std::optional<Domain>> domain(const DomainName& name) override;
    Result<std::optional<Domain>> domain(const DomainId& id) override;
    Result<std::optional<ShellAccount>> shell_account(std::string_view login) override;
    Result<std::optional<ShellAccount>> shell_account(const InboxId& id) override;
    Result<std::optional<Mailbox>> mailbox(const Address& address) override;
    Result<std::optional<Mailbox>> mailbox(const InboxId& id) override;
    Result<std::optional<Alias>> alias(const Address& address) override;

    Result<void> change(AuditEntry& entry, const std::function<Result<void>(Changes&)>& work) override;
    Result<std::unique_ptr<Batch>> batch() override;
    Result<void> note_home(const InboxId& shell, Bytes used, Instant measured) override;
    Result<void> note_sweep(Sweep sweep, Instant ended) override;
    Result<void> end_quarantines(Instant now) override;
    Result<void> note_move(const Move& move) override;
    Result<void> end_move(const InboxId& mailbox) override;
    Result<void> note_switch(const SwitchEntry& entry) override;

  private:
    class OpenBatch;
    InboxRecord record_of(const Mailbox& mailbox) const;
    InboxRecord record_of(const ShellAccount& shell) const;
    std::optional<InboxRecord> record_at(const Address& address) const;
    std::optional<InboxRecord> record_named(std::string_view host_name) const;
    std::unique_ptr<MemoryRows> rows_;
    bool changing_ = false;
    bool batching_ = false;
};

} // namespace metka::directory
