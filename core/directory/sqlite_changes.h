#pragma once
// The writes of one change, inside its transaction. Each asks keys.h first.

#include "core/directory/directory.h"
#include "core/directory/sqlite.h"

namespace metka::directory {

class SqliteChanges final : public Changes {
  public:
    SqliteChanges(Registry& registry, sqlite::Database& database) : registry_(registry), database_(database)
    {
    }

    Result<void> add(const Customer& customer) override;
    Result<void> add(const Domain& domain) override;
    Result<void> add(const ShellAccount& shell) override;
    Result<void> add(const Mailbox& mailbox) override;
    Result<void> add(const Alias& alias) override;
    Result<void> set(const Customer& customer) override;
    Result<void> set(const Domain& domain) override;
    Result<void> set(const ShellAccount& shell) override;
    Result<void> set(const Mailbox& mailbox) override;
    Result<void> set(const Alias& alias) override;
    Result<void> remove(const CustomerId& id) override;
    Result<void> remove(const DomainId& id) override;
    Result<void> remove_inbox(const InboxId& id) override;
    Result<void> remove_alias(const Address& address) override;

    const Result<void>& refused() const { return refused_; } // the first call that failed

  private:
    template <class... Values>
    Result<void> run(sqlite::Sql sql, const Values&... values);
    template <class... Steps>
    Result<void> in_order(Result<void> allowed, const Steps&... steps);
    Result<void> insert_primary(const Mailbox& mailbox);
    Result<void> update_mailbox(const Mailbox& mailbox);

    Registry& registry_;
    sqlite::Database& database_;
    Result<void> refused_;
};

} // namespace metka::directory
