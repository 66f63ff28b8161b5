#include "core/directory/memory_directory.h"

#include <algorithm>
#include <map>
#include <ranges>

#include "core/directory/keys.h"

namespace metka::directory {

struct MemoryDirectory::Rows {
    std::map<CustomerId, Customer> customers;
    std::map<DomainId, Domain> domains;
    std::map<InboxId, ShellAccount> shells;
    std::map<InboxId, Mailbox> mailboxes;
    std::map<std::string, Alias> aliases;
    std::vector<AuditEntry> audit;
};

namespace {

template <class Key, class Row>
std::optional<Row> at(const std::map<Key, Row>& rows, const Key& key)
{
    const auto found = rows.find(key);
    return found == rows.end() ? std::nullopt : std::optional(found->second);
}

template <class Key, class Row, class Is>
std::optional<Row> first(const std::map<Key, Row>& rows, const Is& is)
{
    for (const auto& row : rows | std::views::values)
        if (is(row)) return row;
    return std::nullopt;
}

template <class Key, class Row, class Name>
std::vector<Row> ordered(const std::map<Key, Row>& rows, const Name& name)
{
    std::vector<Row> list;
    for (const auto& row : rows | std::views::values)
        list.push_back(row);
    std::ranges::sort(list, {}, name);
    return list;
}

template <class Key, class Row, class Is>
std::size_t count(const std::map<Key, Row>& rows, const Is& is)
{
    return static_cast<std::size_t>(std::ranges::count_if(rows | std::views::values, is));
}

} // namespace

class MemoryDirectory::MemoryChanges final : public Changes {
  public:
    MemoryChanges(MemoryDirectory& directory, Rows& rows) : directory_(directory), rows_(rows) {}

    Result<void> add(const Customer& row) override
    {
        return put(may_add(directory_, row), rows_.customers, row.id, row);
    }
    Result<void> add(const Domain& row) override
    {
        return put(may_add(directory_, row), rows_.domains, row.id, row);
    }
    Result<void> add(const ShellAccount& row) override
    {
        return put(may_add(directory_, row), rows_.shells, row.id, row);
    }
    Result<void> add(const Mailbox& row) override
    {
        return put(may_add(directory_, row), rows_.mailboxes, row.id, row);
    }
    Result<void> add(const Alias& row) override
    {
        return put(may_add(directory_, row), rows_.aliases, row.address.text(), row);
    }
    Result<void> set(const Customer& row) override
    {
        return put(may_set(directory_, row), rows_.customers, row.id, row);
    }
    Result<void> set(const Domain& row) override
    {
        return put(may_set(directory_, row), rows_.domains, row.id, row);
    }
    Result<void> set(const ShellAccount& row) override
    {
        return put(may_set(directory_, row), rows_.shells, row.id, row);
    }
    Result<void> set(const Mailbox& row) override
    {
        return put(may_set(directory_, row), rows_.mailboxes, row.id, row);
    }
    Result<void> set(const Alias& row) override
    {
        return put(may_set(directory_, row), rows_.aliases, row.address.text(), row);
    }
    Result<void> remove(const CustomerId& id) override
    {
        const auto owned = [&](const auto& row) { return row.customer == id; };
        const Belongings kept{.domains = count(rows_.domains, owned),
                              .shell_accounts = count(rows_.shells, owned),
                              .mailboxes = count(rows_.mailboxes, owned)};
        return drop(may_remove(directory_, id, kept), rows_.customers, id);
    }
    Result<void> remove(const DomainId& id) override
    {
        const auto domain = at(rows_.domains, id);
        const auto within = [&](const auto& row) { return domain && row.address.domain() == domain->name; };
        const auto freely = [&](const ShellAccount& shell) { return shell.free_domain == id; };
        const Belongings kept{.shell_accounts = count(rows_.shells, freely),
                              .mailboxes = count(rows_.mailboxes, within),
                              .aliases = count(rows_.aliases, within)};
        return drop(may_remove(directory_, id, kept), rows_.domains, id);
    }
    Result<void> remove_inbox(const InboxId& id) override
    {
        const Belongings kept{
            .mailboxes = count(rows_.mailboxes, [&](const Mailbox& mailbox) { return mailbox.shell == id; }),
            .aliases = count(rows_.aliases, [&](const Alias& alias) { return alias.inbox == id; })};
        const auto dropped = drop(may_remove_inbox(directory_, id, kept), rows_.mailboxes, id);
        if (dropped) rows_.shells.erase(id);
        return dropped;
    }
    Result<void> remove_alias(const Address& address) override
    {
        return drop(may_remove_alias(directory_, address), rows_.aliases, address.text());
    }

    const Result<void>& refused() const { return refused_; }

  private:
    template <class Key, class Row>
    Result<void> put(Result<void> may, std::map<Key, Row>& rows, const Key& key, const Row& row)
    {
        if (!may) return refuse(may);
        const auto [place, is_new] = rows.try_emplace(key, row);
        if (is_new) return {};
        const auto created = place->second.created;
        place->second = row;
        place->second.created = created;
        return {};
    }
    template <class Key, class Row>
    Result<void> drop(Result<void> may, std::map<Key, Row>& rows, const Key& key)
    {
        if (!may) return refuse(may);
        rows.erase(key);
        return {};
    }
    Result<void> refuse(const Result<void>& why)
    {
        if (refused_) refused_ = why;
        return why;
    }

    MemoryDirectory& directory_;
    Rows& rows_;
    Result<void> refused_;
};

MemoryDirectory::MemoryDirectory() : rows_(std::make_unique<Rows>()) {}
MemoryDirectory::~MemoryDirectory() = default;

InboxRecord MemoryDirectory::record_of(const ShellAccount& shell) const
{
    const auto customer = at(rows_->customers, shell.customer);
    return {.id = shell.id,
            .kind = InboxKind::shell,
            .login = shell.login,
            .shell = shell.id,
            .shell_uid = shell.uid,
            .capacity = shell.disk_limit,
            .suspended = shell.standing == Standing::suspended || customer->standing == Standing::suspended};
}

InboxRecord MemoryDirectory::record_of(const Mailbox& mailbox) const
{
    const auto customer = at(rows_->customers, mailbox.customer);
    const auto domain =
        first(rows_->domains, [&](const Domain& row) { return row.name == mailbox.address.domain(); });
    const auto shell = mailbox.shell ? at(rows_->shells, *mailbox.shell) : std::nullopt;
    const bool suspended =
        mailbox.standing == Standing::suspended || customer->standing == Standing::suspended ||
        domain->state == DomainState::suspended || (shell && shell->standing == Standing::suspended);
    return {.id = mailbox.id,
            .kind = InboxKind::mailbox,
            .login = mailbox.address.text(),
            .shell = mailbox.shell,
            .shell_uid = shell ? shell->uid : 0,
            .capacity = mailbox.capacity,
            .valid_ends = mailbox.validity ? std::optional(mailbox.validity->ends) : std::nullopt,
            .suspended = suspended};
}

std::optional<InboxRecord> MemoryDirectory::record_at(const Address& address) const
{
    const auto alias = at(rows_->aliases, address.text());
    const auto leads_here = [&](const Mailbox& row) {
        return alias ? row.id == alias->inbox : row.address == address;
    };
    if (const auto mailbox = first(rows_->mailboxes, leads_here)) return record_of(*mailbox);
    if (const auto shell = alias ? at(rows_->shells, alias->inbox) : std::nullopt) return record_of(*shell);
    return std::nullopt;
}

Result<std::optional<RecipientRecord>> MemoryDirectory::recipient(const Address& address)
{
    const auto domain =
        first(rows_->domains, [&](const Domain& row) { return row.name == address.domain(); });
    if (!domain) return std::nullopt;
    return RecipientRecord{.domain = domain->state, .inbox = record_at(address)};
}

Result<std::optional<InboxRecord>> MemoryDirectory::inbox(const InboxId& id)
{
    if (const auto mailbox = at(rows_->mailboxes, id)) return record_of(*mailbox);
    if (const auto shell = at(rows_->shells, id)) return record_of(*shell);
    return std::nullopt;
}

Result<std::optional<InboxRecord>> MemoryDirectory::login(std::string_view name)
{
    const auto parsed = LoginName::of(name);
    if (parsed.address) return record_at(*parsed.address);
    if (!parsed.shell_login) return std::nullopt;
    const auto shell =
        first(rows_->shells, [&](const ShellAccount& row) { return row.login == *parsed.shell_login; });
    return shell ? std::optional(record_of(*shell)) : std::nullopt;
}

Result<bool> MemoryDirectory::may_send_as(const InboxId& id, const Address& address)
{
    const auto domain =
        first(rows_->domains, [&](const Domain& row) { return row.name == address.domain(); });
    if (!domain || domain->state != DomainState::active) return false;
    const auto record = record_at(address);
    return record && record->id == id;
}

Result<std::vector<Customer>> MemoryDirectory::customers()
{
    return ordered(rows_->customers, &Customer::name);
}

Result<std::vector<Domain>> MemoryDirectory::domains()
{
    return ordered(rows_->domains, [](const Domain& row) { return row.name.text(); });
}

Result<std::vector<ShellAccount>> MemoryDirectory::shell_accounts()
{
    return ordered(rows_->shells, &ShellAccount::login);
}

Result<std::vector<Mailbox>> MemoryDirectory::mailboxes()
{
    return ordered(rows_->mailboxes, [](const Mailbox& row) { return row.address.text(); });
}

Result<std::vector<Alias>> MemoryDirectory::aliases()
{
    return ordered(rows_->aliases, [](const Alias& row) { return row.address.text(); });
}

Result<std::vector<AuditEntry>> MemoryDirectory::audit(std::size_t newest)
{
    std::vector<AuditEntry> list;
    for (const auto& entry : rows_->audit | std::views::reverse | std::views::take(newest))
        list.push_back(entry);
    return list;
}

Result<std::optional<Customer>> MemoryDirectory::customer(std::string_view name)
{
    return first(rows_->customers, [&](const Customer& row) { return row.name == name; });
}

Result<std::optional<Customer>> MemoryDirectory::customer(const CustomerId& id)
{
    return at(rows_->customers, id);
}

Result<std::optional<Domain>> MemoryDirectory::domain(const DomainName& name)
{
    return first(rows_->domains, [&](const Domain& row) { return row.name == name; });
}

Result<std::optional<Domain>> MemoryDirectory::domain(const DomainId& id)
{
    return at(rows_->domains, id);
}

Result<std::optional<ShellAccount>> MemoryDirectory::shell_account(std::string_view login)
{
    return first(rows_->shells, [&](const ShellAccount& row) { return row.login == login; });
}

Result<std::optional<ShellAccount>> MemoryDirectory::shell_account(const InboxId& id)
{
    return at(rows_->shells, id);
}

Result<std::optional<Mailbox>> MemoryDirectory::mailbox(const Address& address)
{
    return first(rows_->mailboxes, [&](const Mailbox& row) { return row.address == address; });
}

Result<std::optional<Mailbox>> MemoryDirectory::mailbox(const InboxId& id)
{
    return at(rows_->mailboxes, id);
}

Result<std::optional<Alias>> MemoryDirectory::alias(const Address& address)
{
    return at(rows_->aliases, address.text());
}

Result<void> MemoryDirectory::change(AuditEntry& entry, const std::function<Result<void>(Changes&)>& work)
{
    if (changing_) return fail(Fault::internal, "a change inside a change");
    const Rows before = *rows_;
    changing_ = true;
    MemoryChanges changes(*this, *rows_);
    Result<void> done = work(changes);
    changing_ = false;
    if (done) done = changes.refused();
    if (done) done = check(entry);
    if (done)
        rows_->audit.push_back(entry);
    else
        *rows_ = before;
    return done;
}

} // namespace metka::directory
