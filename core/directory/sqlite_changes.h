#pragma once
// The writes of one change, inside its transaction. Each asks keys.h first. What leaves, and what is kept of
// it, is in sqlite_departures.cpp.

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
    Result<void> add(const Quarantine& quarantine) override;
    Result<void> add(const Removed& removed) override;
    Result<void> forget_removed(const InboxId& id) override;
    Result<void> remember_past(const DomainName& name, const CustomerId& customer) override;

    const Result<void>& refused() const { return refused_; } // the first call that failed

  private:
    template <class... Values>
    Result<void> run(sqlite::Sql sql, const Values&... values)
    {
        const auto changed = database_.run(sql, values...);
        if (!changed) return pass(changed);
        return {};
    }
    // Each step only after all before it went well; the first failure fails the change.
    template <class... Steps>
    Result<void> in_order(Result<void> allowed, const Steps&... steps)
    {
        auto done = std::move(allowed);
        ((done = done ? steps() : done), ...);
        if (!done && refused_) refused_ = done;
        return done;
    }
    Result<void> add_name(const InboxId& inbox, std::string_view host_name);
    Result<void> rename(const InboxId& inbox, std::string_view host_name);
    Result<void> end_quarantine(const Address& address);
    Result<void> does_not_wait(const InboxId& inbox); // among the removed
    Result<void> insert_primary(const Mailbox& mailbox);
    Result<void> update_mailbox(const Mailbox& mailbox);

    Registry& registry_;
    sqlite::Database& database_;
    Result<void> refused_;
};

} // namespace metka::directory
