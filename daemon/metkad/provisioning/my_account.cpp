// Self-service: what a shell account sees of itself.

#include <algorithm>

#include "daemon/metkad/provisioning/logins.h"
#include "daemon/metkad/provisioning/spaces.h"
#include "daemon/metkad/provisioning/verbs.h"

namespace metka::metkad {

namespace {

Json promised_to(const std::vector<Mailbox>& mailboxes)
{
    std::uint64_t sum = 0;
    for (const auto& mailbox : mailboxes)
        sum += mailbox.capacity ? mailbox.capacity->count : 0;
    return Json::count(sum);
}

} // namespace

asio::awaitable<Result<Json>> my_show(Order& order)
{
    auto& office = order.office;
    const auto& shell = self(order);
    const auto mailboxes = office.registry.mailboxes_in(shell.id);
    if (!mailboxes) co_return pass(mailboxes);
    const auto aliases = self_service_aliases(office, shell);
    if (!aliases) co_return pass(aliases);
    const auto numbers = numbers_of(office, shell);
    if (!numbers) co_return pass(numbers);
    auto host_address = show_host_address(office, shell.login);
    if (!host_address) co_return pass(host_address);
    const auto maildir = maildir_of(place_of(shell));
    if (!maildir) co_return pass(maildir);
    const auto record = record_of(office, shell);
    if (!record) co_return pass(record);
    const Json row(*record);
    const auto use = co_await use_of(office, shell);
    auto last_login = co_await last_login_of(order, shell.id);
    co_return Json(control::JsonObject{{"login", shell.login},
                                       {"customer", *row.member("customer")},
                                       {"state", *row.member("state")},
                                       {"host_address", std::move(*host_address)},
                                       {"free_domain", *row.member("free_domain")},
                                       {"disk_limit", show_capacity(shell.disk_limit)},
                                       {"space", use ? Json::count(use->all().count) : Json()},
                                       {"promised", promised_to(*mailboxes)},
                                       {"aliases", Json::count(*aliases)},
                                       {"most_aliases", Json::count(numbers->most_aliases)},
                                       {"mailboxes", Json::count(mailboxes->size())},
                                       {"most_mailboxes", Json::count(numbers->most_in_shell)},
                                       {"language", name(shell.language)},
                                       {"maildir", office.settings.state_folder + "/" + *maildir},
                                       {"last_login", std::move(last_login)}});
}

asio::awaitable<Result<Json>> my_usage(Order& order)
{
    auto& office = order.office;
    const auto& shell = self(order);
    const auto use = co_await use_of(office, shell);
    if (!use) co_return pass(use);
    const auto row = [](std::string what, std::uint64_t usage, Json capacity, Json messages) {
        return Json(control::JsonObject{{"what", std::move(what)},
                                        {"usage", Json::count(usage)},
                                        {"capacity", std::move(capacity)},
                                        {"messages", std::move(messages)}});
    };
    control::JsonArray rows;
    rows.push_back(row("home", use->home.count, {}, {}));
    rows.push_back(row("inbox", use->inbox.used.count, {}, Json::count(use->inbox.messages)));
    const auto mailboxes = office.registry.mailboxes_in(shell.id);
    if (!mailboxes) co_return pass(mailboxes);
    std::uint64_t boxes = 0;
    for (const auto& mailbox : *mailboxes) {
        const auto used = co_await office.trees.usage(place_of(mailbox));
        if (!used) co_return pass(used);
        boxes += used->used.count;
        rows.push_back(row(mailbox.address.text(), used->used.count, show_capacity(mailbox.capacity),
                           Json::count(used->messages)));
    }
    rows.push_back(row("trash", use->boxes.count - std::min(boxes, use->boxes.count), {}, {}));
    co_return Json(std::move(rows));
}

Result<Json> my_log(Order& order)
{
    constexpr std::uint64_t usual = 100;
    constexpr std::uint64_t most_rows = 10'000;
    const auto* const most = order.arguments.find<std::uint64_t>("most");
    const auto rows = order.office.registry.audit(
        {.most = std::min(most != nullptr ? *most : usual, most_rows), .acting_as = self(order).login});
    if (!rows) return pass(rows);
    control::JsonArray list;
    for (const auto& entry : *rows) {
        const bool is_its = entry.acting_as == self(order).login || entry.actor_uid == self(order).uid;
        if (!is_its || entry.at < self(order).created) continue; // of an earlier account of that name
        list.emplace_back(control::JsonObject{{"at", show_instant(entry.at)},
                                              {"actor", entry.actor},
                                              {"verb", entry.verb},
                                              {"subject", entry.subject}});
    }
    return Json(std::move(list));
}

} // namespace metka::metkad
