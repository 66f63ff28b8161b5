// What belongs to what, how much of it there is, and what was noted: as sqlite_lists.cpp and
// sqlite_ledger.cpp, in memory.

#include "core/directory/keys.h"
#include "core/directory/memory_directory.h"
#include "core/directory/memory_rows.h"

namespace metka::directory {

namespace {

constexpr auto domain_name = [](const Domain& row) { return row.name.text(); };
constexpr auto address_text = [](const auto& row) { return row.address.text(); };

template <class Row>
void cut(std::vector<Row>& list, std::size_t most)
{
    if (list.size() > most) list.erase(list.begin() + static_cast<std::ptrdiff_t>(most), list.end());
}

bool is_asked_for(const AuditEntry& entry, const Registry::AuditQuery& query)
{
    return (query.subject.empty() || entry.subject == query.subject) &&
           (query.acting_as.empty() || entry.actor == query.acting_as || entry.acting_as == query.acting_as);
}

} // namespace

Result<std::vector<Domain>> MemoryDirectory::domains_of(const CustomerId& customer)
{
    const auto its = [&](const Domain& row) {
        return row.kind != DomainKind::host && row.customer == customer;
    };
    return ordered(rows_->domains, its, domain_name);
}

Result<std::vector<ShellAccount>> MemoryDirectory::shell_accounts_of(const CustomerId& customer)
{
    return ordered(
        rows_->shells, [&](const ShellAccount& row) { return row.customer == customer; },
        &ShellAccount::login);
}

Result<std::vector<Mailbox>> MemoryDirectory::mailboxes_of(const CustomerId& customer)
{
    return ordered(
        rows_->mailboxes, [&](const Mailbox& row) { return row.customer == customer; }, address_text);
}

Result<std::vector<Mailbox>> MemoryDirectory::mailboxes_in(const InboxId& shell)
{
    return ordered(rows_->mailboxes, [&](const Mailbox& row) { return row.shell == shell; }, address_text);
}

Result<std::vector<Mailbox>> MemoryDirectory::mailboxes_at(const DomainId& domain)
{
    const auto row_of_it = at(rows_->domains, domain);
    const auto within = [&](const Mailbox& row) {
        return row_of_it && row.address.domain() == row_of_it->name;
    };
    return ordered(rows_->mailboxes, within, address_text);
}

Result<std::vector<Alias>> MemoryDirectory::aliases_of(const InboxId& inbox)
{
    return ordered(rows_->aliases, [&](const Alias& row) { return row.inbox == inbox; }, address_text);
}

Result<std::vector<Alias>> MemoryDirectory::aliases_at(const DomainId& domain)
{
    const auto row_of_it = at(rows_->domains, domain);
    const auto within = [&](const Alias& row) {
        return row_of_it && row.address.domain() == row_of_it->name;
    };
    return ordered(rows_->aliases, within, address_text);
}

Result<std::uint64_t> MemoryDirectory::aliases_by(const InboxId& inbox, MadeBy made_by)
{
    return count(rows_->aliases,
                 [&](const Alias& row) { return row.inbox == inbox && row.made_by == made_by; });
}

Result<std::uint64_t> MemoryDirectory::longest_notice()
{
    std::uint64_t longest = 0;
    for (const auto& mailbox : rows_->mailboxes | std::views::values)
        if (mailbox.notice_days && !mailbox.notice_days->empty())
            longest = std::max<std::uint64_t>(longest, mailbox.notice_days->front());
    return longest;
}

Result<std::vector<Mailbox>> MemoryDirectory::mailboxes_ending(Instant before, const Ending& after,
                                                               std::size_t most)
{
    const auto place = [](const Mailbox& row) { return std::pair(row.validity->ends, row.id); };
    const auto due = [&](const Mailbox& row) {
        return row.validity && row.validity->ends < before && place(row) > std::pair(after.ends, after.id);
    };
    auto list = ordered(rows_->mailboxes, due, place);
    cut(list, most);
    return list;
}

Result<std::vector<InboxRecord>> MemoryDirectory::inboxes(const InboxId& after, std::size_t most)
{
    std::vector<InboxRecord> list;
    for (const auto& row : rows_->shells | std::views::values)
        if (row.id > after) list.push_back(record_of(row));
    for (const auto& row : rows_->mailboxes | std::views::values)
        if (row.id > after) list.push_back(record_of(row));
    std::ranges::sort(list, {}, &InboxRecord::id);
    cut(list, most);
    return list;
}

Result<std::optional<SpaceRecord>> MemoryDirectory::space(const InboxId& shell)
{
    const auto account = at(rows_->shells, shell);
    if (!account) return std::nullopt;
    SpaceRecord space{.limit = account->disk_limit, .home = at(rows_->homes, shell).value_or(Bytes{})};
    for (const auto& row : rows_->mailboxes | std::views::values)
        if (row.shell == shell) space.boxes.push_back(row.id);
    const auto within = [&](const Removed& row) { return row.shell == shell; };
    for (const auto& row : ordered(rows_->removed, within, &Removed::removed))
        space.removed.push_back(row.id);
    return space;
}

Result<Totals> MemoryDirectory::totals()
{
    return Totals{.customers = rows_->customers.size(),
                  .domains =
                      count(rows_->domains, [](const Domain& row) { return row.kind != DomainKind::host; }),
                  .shells = rows_->shells.size(),
                  .mailboxes = rows_->mailboxes.size(),
                  .aliases = rows_->aliases.size()};
}

Result<FreeCounts> MemoryDirectory::free_counts(const InboxId& shell, const DomainId& domain,
                                                const CustomerId& customer)
{
    const auto row_of_it = at(rows_->domains, domain);
    const auto in_domain = [&](const Mailbox& row) {
        return row.shell && row_of_it && row.address.domain() == row_of_it->name;
    };
    return FreeCounts{
        .in_shell = count(rows_->mailboxes, [&](const Mailbox& row) { return row.shell == shell; }),
        .in_domain = count(rows_->mailboxes, in_domain),
        .of_customer = count(rows_->mailboxes,
                             [&](const Mailbox& row) { return row.shell && row.customer == customer; })};
}

Result<std::optional<Quarantine>> MemoryDirectory::quarantine(const Address& address)
{
    return at(rows_->quarantines, address.text());
}

Result<std::vector<Removed>> MemoryDirectory::removed()
{
    return ordered(
        rows_->removed, [](const Removed&) { return true; },
        [](const Removed& row) { return std::pair(row.removed, row.id); });
}

Result<bool> MemoryDirectory::was_anothers(const DomainName& name, const CustomerId& now)
{
    return std::ranges::any_of(rows_->past_domains, [&](const auto& past) {
        return past.first == name.text() && past.second != now;
    });
}

Result<std::optional<Instant>> MemoryDirectory::last_sweep(Sweep sweep)
{
    return at(rows_->sweeps, sweep);
}

Result<std::vector<AuditEntry>> MemoryDirectory::audit(const AuditQuery& query)
{
    std::vector<AuditEntry> list;
    for (const auto& entry : rows_->audit | std::views::reverse)
        if (list.size() < query.most && is_asked_for(entry, query)) list.push_back(entry);
    return list;
}

Result<std::optional<Instant>> MemoryDirectory::newest_audit()
{
    const auto newest = std::ranges::max_element(rows_->audit, {}, &AuditEntry::at);
    return newest == rows_->audit.end() ? std::nullopt : std::optional(newest->at);
}

Result<void> MemoryDirectory::note_home(const InboxId& shell, Bytes used, Instant)
{
    const auto there = shell_is_there(*this, shell);
    if (there) rows_->homes.insert_or_assign(shell, used);
    return there;
}

Result<void> MemoryDirectory::note_sweep(Sweep sweep, Instant ended)
{
    rows_->sweeps.insert_or_assign(sweep, ended);
    return {};
}

Result<void> MemoryDirectory::end_quarantines(Instant now)
{
    std::erase_if(rows_->quarantines, [&](const auto& row) { return row.second.until <= now; });
    return {};
}

Result<std::vector<Move>> MemoryDirectory::moves()
{
    return ordered(
        rows_->moves, [](const Move&) { return true; },
        [](const Move& row) { return std::pair(row.since, row.mailbox); });
}

Result<std::vector<Move>> MemoryDirectory::moves_of(const InboxId& id)
{
    const auto is_its = [&](const Move& row) { return row.mailbox == id || row.from == id || row.to == id; };
    return ordered(rows_->moves, is_its, &Move::mailbox);
}

Result<void> MemoryDirectory::note_move(const Move& move)
{
    const auto may = may_note(*this, move);
    if (may) rows_->moves.insert_or_assign(move.mailbox, move);
    return may;
}

Result<void> MemoryDirectory::end_move(const InboxId& mailbox)
{
    rows_->moves.erase(mailbox);
    return {};
}

Result<std::vector<SwitchEntry>> MemoryDirectory::switches(std::size_t most)
{
    std::vector<SwitchEntry> list(rows_->switches.rbegin(), rows_->switches.rend());
    cut(list, most);
    return list;
}

Result<void> MemoryDirectory::note_switch(const SwitchEntry& entry)
{
    const auto may = check(entry);
    if (!may) return may;
    const auto earlier = std::ranges::find(rows_->switches, entry.id, &SwitchEntry::id);
    if (earlier == rows_->switches.end())
        rows_->switches.push_back(entry);
    else
        *earlier = entry;
    return {};
}

} // namespace metka::directory
