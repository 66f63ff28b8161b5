#pragma once
// The rows of the directory in memory, and how they are searched.

#include <algorithm>
#include <map>
#include <ranges>
#include <set>
#include <utility>

#include "core/directory/directory.h"

namespace metka::directory {

struct MemoryRows {
    std::map<CustomerId, Customer> customers;
    std::map<DomainId, Domain> domains;
    std::map<InboxId, ShellAccount> shells;
    std::map<InboxId, Mailbox> mailboxes;
    std::map<std::string, Alias> aliases;
    std::map<std::string, Quarantine> quarantines;
    std::map<InboxId, Removed> removed;
    std::set<std::pair<std::string, CustomerId>> past_domains;
    std::map<InboxId, Bytes> homes;
    std::map<Sweep, Instant> sweeps;
    std::map<InboxId, Move> moves;
    std::vector<AuditEntry> audit;
    std::vector<SwitchEntry> switches; // in their order of arrival
};

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

// Those that `is` says, by `key`.
template <class Key, class Row, class Is, class By>
std::vector<Row> ordered(const std::map<Key, Row>& rows, const Is& is, const By& key)
{
    std::vector<Row> list;
    std::ranges::copy_if(rows | std::views::values, std::back_inserter(list), is);
    std::ranges::sort(list, {}, key);
    return list;
}

template <class Key, class Row, class Is>
std::size_t count(const std::map<Key, Row>& rows, const Is& is)
{
    return static_cast<std::size_t>(std::ranges::count_if(rows | std::views::values, is));
}

} // namespace metka::directory
