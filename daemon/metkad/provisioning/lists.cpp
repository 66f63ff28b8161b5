// mailbox list and shell list: filters, order, and `--over`, which asks the store how full they are.

#include <algorithm>

#include "daemon/metkad/machine/time_zone.h"
#include "daemon/metkad/provisioning/mailboxes.h"
#include "daemon/metkad/provisioning/spaces.h"
#include "daemon/metkad/provisioning/verbs.h"

namespace metka::metkad {

namespace {

struct Wanted {
    const std::string* state = nullptr;
    const std::string* kind = nullptr;
    std::optional<Instant> ends_before;
};

// The narrowest list that the filters allow, by its index.
Result<std::vector<Mailbox>> mailboxes_for(const Order& order)
{
    auto& registry = order.office.registry;
    const auto* const login = order.arguments.find<std::string>("shell");
    const auto* const in = order.arguments.find<DomainName>("domain");
    const auto* const of = order.arguments.find<std::string>("customer");
    std::optional<CustomerId> customer;
    if (of != nullptr) {
        const auto found = find_customer(order.office, *of);
        if (!found) return pass(found);
        customer = found->id;
    }
    Result<std::vector<Mailbox>> list;
    if (login != nullptr) {
        const auto shell = find_shell(order.office, *login);
        if (!shell) return pass(shell);
        list = registry.mailboxes_in(shell->id);
    } else if (in != nullptr) {
        const auto domain = find_domain(order.office, *in);
        if (!domain) return pass(domain);
        list = registry.mailboxes_at(domain->id);
    } else {
        list = customer ? registry.mailboxes_of(*customer) : registry.mailboxes();
    }
    if (list && customer)
        std::erase_if(*list, [&](const Mailbox& each) { return each.customer != *customer; });
    if (list && in != nullptr)
        std::erase_if(*list, [&](const Mailbox& each) { return each.address.domain() != *in; });
    return list;
}

Result<Wanted> wanted_by(const Order& order)
{
    Wanted wanted{.state = order.arguments.find<std::string>("state"),
                  .kind = order.arguments.find<std::string>("kind"),
                  .ends_before = {}};
    const auto* const before = order.arguments.find<control::DateText>("expires_before");
    if (before == nullptr) return wanted;
    const auto validity = wanted_validity(order.office, *before);
    if (!validity) return fail_field("expires_before", validity.error());
    if (*validity) wanted.ends_before = (*validity)->ends - std::chrono::days(1);
    return wanted;
}

Result<bool> fits(Commons& commons, const Wanted& wanted, const Mailbox& mailbox)
{
    if (wanted.ends_before && (!mailbox.validity || mailbox.validity->ends > *wanted.ends_before))
        return false;
    if (wanted.kind != nullptr && (*wanted.kind == "free") != mailbox.shell.has_value()) return false;
    if (wanted.state == nullptr) return true;
    const auto state = state_of(commons, mailbox);
    if (!state) return pass(state);
    return *state == *wanted.state;
}

// By the last day, or by capacity, the largest first; among equals as they are: by address.
void sort_by(std::vector<Mailbox>& list, const std::string& order)
{
    const auto ends = [](const Mailbox& each) {
        return each.validity ? each.validity->ends : Instant::max();
    };
    const auto capacity = [](const Mailbox& each) {
        return each.capacity ? each.capacity->count : UINT64_MAX;
    };
    const auto is_before = [&](const Mailbox& one, const Mailbox& other) {
        if (order == "expires" && ends(one) != ends(other)) return ends(one) < ends(other);
        if (order == "capacity" && capacity(one) != capacity(other)) return capacity(one) > capacity(other);
        return one.address < other.address;
    };
    std::ranges::sort(list, is_before);
}

// Above so many percent of it; nobody is of what is unlimited.
bool is_over(Bytes used, const Capacity& capacity, std::uint64_t percent)
{
    if (!capacity) return false;
    const auto share = static_cast<unsigned __int128>(capacity->count) * percent;
    return static_cast<unsigned __int128>(used.count) * 100 > share;
}

asio::awaitable<Result<void>> keep_those_over(Office& office, std::vector<Mailbox>& list,
                                              std::uint64_t percent)
{
    std::vector<InboxId> inboxes;
    for (const auto& mailbox : list)
        inboxes.push_back(mailbox.id);
    const auto used = co_await office.trees.usages(std::move(inboxes));
    if (!used) co_return pass(used);
    std::size_t i = 0;
    std::erase_if(list, [&](const Mailbox& each) { return !is_over(used->at(i++), each.capacity, percent); });
    co_return Result<void>();
}

} // namespace

asio::awaitable<Result<Json>> mailbox_list(Order& order)
{
    auto list = mailboxes_for(order);
    if (!list) co_return pass(list);
    const auto wanted = wanted_by(order);
    if (!wanted) co_return pass(wanted);
    Commons commons(order.office);
    std::vector<Mailbox> chosen;
    for (auto& mailbox : *list) {
        const auto fitting = fits(commons, *wanted, mailbox);
        if (!fitting) co_return pass(fitting);
        if (*fitting) chosen.push_back(std::move(mailbox));
    }
    if (const auto* const percent = order.arguments.find<std::uint64_t>("over"); percent != nullptr) {
        const auto kept = co_await keep_those_over(order.office, chosen, *percent);
        if (!kept) co_return pass(kept);
    }
    if (const auto* const by = order.arguments.find<std::string>("sort"); by != nullptr) sort_by(chosen, *by);
    co_return list_of(order.office, Result<std::vector<Mailbox>>(std::move(chosen)),
                      [](const Mailbox&) { return true; });
}

asio::awaitable<Result<Json>> shell_list(Order& order)
{
    auto& office = order.office;
    const auto* const of = order.arguments.find<std::string>("customer");
    const auto* const state = order.arguments.find<std::string>("state");
    const auto* const percent = order.arguments.find<std::uint64_t>("over");
    std::optional<CustomerId> customer;
    if (of != nullptr) {
        const auto found = find_customer(office, *of);
        if (!found) co_return pass(found);
        customer = found->id;
    }
    const auto all =
        customer ? office.registry.shell_accounts_of(*customer) : office.registry.shell_accounts();
    if (!all) co_return pass(all);
    Commons commons(office);
    control::JsonArray rows;
    for (const auto& shell : *all) {
        auto record = record_of(commons, shell);
        if (!record) co_return pass(record);
        Json row(std::move(*record));
        if (state != nullptr && *row.member("state") != Json(*state)) continue;
        if (percent != nullptr) {
            const auto use = co_await use_of(office, shell);
            if (!use) co_return pass(use);
            if (!is_over(use->all(), shell.disk_limit, *percent)) continue;
        }
        rows.push_back(std::move(row));
    }
    co_return Json(std::move(rows));
}

} // namespace metka::metkad
