#pragma once
// The directory in memory, for tests: the same interface and the same refusals as the SQLite one (one
// contract test). Nothing is durable and nothing is fast: lookups walk the rows.

#include <memory>

#include "core/directory/directory.h"

namespace metka::directory {

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

    Result<std::vector<Customer>> customers() override;
    Result<std::vector<Domain>> domains() override;
    Result<std::vector<ShellAccount>> shell_accounts() override;
    Result<std::vector<Mailbox>> mailboxes() override;
    Result<std::vector<Alias>> aliases() override;
    Result<std::vector<AuditEntry>> audit(std::size_t newest) override;

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

  private:
    struct Rows;
    class MemoryChanges;
    InboxRecord record_of(const Mailbox& mailbox) const;
    InboxRecord record_of(const ShellAccount& shell) const;
    std::optional<InboxRecord> record_at(const Address& address) const;
    std::unique_ptr<Rows> rows_;
    bool changing_ = false;
};

} // namespace metka::directory
