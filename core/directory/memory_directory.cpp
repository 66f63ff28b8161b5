#include "core/directory/memory_directory.h"

#include "core/directory/keys.h"
#include "core/directory/memory_changes.h"

namespace metka::directory {

namespace {

constexpr auto any = [](const auto&) { return true; };
constexpr auto domain_name = [](const Domain& row) { return row.name.text(); };
constexpr auto address_text = [](const auto& row) { return row.address.text(); };

} // namespace

MemoryDirectory::MemoryDirectory() : rows_(std::make_unique<MemoryRows>()) {}
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
            .suspended = shell.standing == Standing::suspended || customer->standing == Standing::suspended,
            .language = shell.language};
}

InboxRecord MemoryDirectory::record_of(const Mailbox& mailbox) const
{
    const auto customer = at(rows_->customers, mailbox.customer);
    const auto domain =
        first(rows_->domains, [&](const Domain& row) { return row.name == mailbox.address.domain(); });
    const auto shell = mailbox.shell ? at(rows_->shells, *mailbox.shell) : std::nullopt;
    const auto move = at(rows_->moves, mailbox.id);
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
            .suspended = suspended,
            .closed = move && move->closed && move->from == mailbox.shell,
            .language = mailbox.language};
}

std::optional<InboxRecord> MemoryDirectory::record_at(const Address& address) const
{
    const auto alias = at(rows_->aliases, address.text());
    const auto leads_here = [&](const Mailbox& row) {
        return alias ? row.id == alias->inbox : row.address == address;
    };
    if (const auto mailbox = first(rows_->mailboxes, leads_here)) return record_of(*mailbox);
    if (alias) return record_of(rows_->shells.at(alias->inbox));
    const auto is_host = [&](const Domain& row) {
        return row.kind == DomainKind::host && row.name == address.domain();
    };
    return first(rows_->domains, is_host) ? record_named(address.local()) : std::nullopt;
}

std::optional<InboxRecord> MemoryDirectory::record_named(std::string_view host_name) const
{
    const auto mailbox =
        first(rows_->mailboxes, [&](const Mailbox& row) { return row.host_name == host_name; });
    if (mailbox) return record_of(*mailbox);
    const auto shell = first(rows_->shells, [&](const ShellAccount& row) { return row.login == host_name; });
    return shell ? std::optional(record_of(*shell)) : std::nullopt;
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

Result<bool> MemoryDirectory::protects_senders(const DomainName& name)
{
    const auto row = first(rows_->domains, [&](const Domain& each) { return each.name == name; });
    return row && row->state == DomainState::active && row->protects_sender;
}

Result<std::optional<SendingRecord>> MemoryDirectory::sending(const InboxId& id)
{
    const auto numbers_of = [&](const auto& account) {
        const auto customer = at(rows_->customers, account->customer);
        return SendingRecord{.plan = customer ? customer->plan : std::string(standard_plan),
                             .messages_per_hour = account->messages_per_hour,
                             .messages_per_day = account->messages_per_day};
    };
    if (const auto mailbox = at(rows_->mailboxes, id)) return numbers_of(mailbox);
    if (const auto shell = at(rows_->shells, id)) return numbers_of(shell);
    return std::nullopt;
}

Result<std::vector<Customer>> MemoryDirectory::customers()
{
    return ordered(rows_->customers, any, &Customer::name);
}

Result<std::vector<Domain>> MemoryDirectory::domains()
{
    return ordered(
        rows_->domains, [](const Domain& row) { return row.kind != DomainKind::host; }, domain_name);
}

Result<std::vector<ShellAccount>> MemoryDirectory::shell_accounts()
{
    return ordered(rows_->shells, any, &ShellAccount::login);
}

Result<std::vector<Mailbox>> MemoryDirectory::mailboxes()
{
    return ordered(rows_->mailboxes, any, address_text);
}

Result<std::vector<Alias>> MemoryDirectory::aliases()
{
    return ordered(rows_->aliases, any, address_text);
}

Result<std::optional<Domain>> MemoryDirectory::host_domain()
{
    return first(rows_->domains, [](const Domain& row) { return row.kind == DomainKind::host; });
}

Result<std::optional<InboxId>> MemoryDirectory::host_name(std::string_view name)
{
    const auto record = record_named(name);
    return record ? std::optional(record->id) : std::nullopt;
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

class MemoryDirectory::OpenBatch final : public Batch {
  public:
    explicit OpenBatch(MemoryDirectory& directory) : directory_(directory), before_(*directory.rows_)
    {
        directory_.batching_ = true;
    }
    ~OpenBatch() override
    {
        if (finished_) return;
        *directory_.rows_ = std::move(before_);
        directory_.batching_ = false;
    }
    OpenBatch(const OpenBatch&) = delete;
    OpenBatch& operator=(const OpenBatch&) = delete;

    Result<void> finish() override
    {
        if (finished_) return fail(Fault::internal, "a batch is finished once");
        if (directory_.changing_) return fail(Fault::internal, "a batch is finished inside a change");
        finished_ = true;
        directory_.batching_ = false;
        return {};
    }

  private:
    MemoryDirectory& directory_;
    MemoryRows before_;
    bool finished_ = false;
};

Result<std::unique_ptr<Registry::Batch>> MemoryDirectory::batch()
{
    if (batching_ || changing_) return fail(Fault::internal, "a batch inside a batch or a change");
    return std::make_unique<OpenBatch>(*this);
}

Result<void> MemoryDirectory::change(AuditEntry& entry, const std::function<Result<void>(Changes&)>& work)
{
    if (changing_) return fail(Fault::internal, "a change inside a change");
    const MemoryRows before = *rows_;
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
