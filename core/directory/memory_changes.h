#pragma once
// One change of the directory in memory: the same refusals as sqlite_changes.h.

#include "core/directory/memory_rows.h"

namespace metka::directory {

class MemoryChanges final : public Changes {
  public:
    MemoryChanges(Registry& registry, MemoryRows& rows) : registry_(registry), rows_(rows) {}

    Result<void> add(const Customer& row) override;
    Result<void> add(const Domain& row) override;
    Result<void> add(const ShellAccount& row) override;
    Result<void> add(const Mailbox& row) override;
    Result<void> add(const Alias& row) override;
    Result<void> set(const Customer& row) override;
    Result<void> set(const Domain& row) override;
    Result<void> set(const ShellAccount& row) override;
    Result<void> set(const Mailbox& row) override;
    Result<void> set(const Alias& row) override;
    Result<void> remove(const CustomerId& id) override;
    Result<void> remove(const DomainId& id) override;
    Result<void> remove_inbox(const InboxId& id) override;
    Result<void> remove_alias(const Address& address) override;
    Result<void> add(const Quarantine& row) override;
    Result<void> add(const Removed& row) override;
    Result<void> forget_removed(const InboxId& id) override;
    Result<void> remember_past(const DomainName& name, const CustomerId& customer) override;

    const Result<void>& refused() const { return refused_; } // the first call that failed

  private:
    template <class Key, class Row>
    Result<void> put(Result<void> may, std::map<Key, Row>& rows, const Key& key, const Row& row);
    template <class Key, class Row>
    Result<void> drop(Result<void> may, std::map<Key, Row>& rows, const Key& key);
    Result<void> refuse(const Result<void>& why);
    Result<void> end_quarantine(Result<void> done, const Address& address);

    Registry& registry_;
    MemoryRows& rows_;
    Result<void> refused_;
};

} // namespace metka::directory
