// App passwords (core/domain/app_password.h) of mailboxes, shell accounts and, by self-service, of what is
// one's own. metka-auth makes and keeps them; what is written here is their audit. One is there before its
// row, and gone before it: a row that could not be written takes a new one back, and leaves a removed one
// removed.
//
// `my` does not ask for the password as it is now: whoever sits at that account reads its Maildir anyway, an
// account that is opened by keys alone has none, and what is made here is listed, audited and ends with one
// command.

#include <algorithm>
#include <utility>

#include <fmt/ranges.h>

#include "core/base/text.h"
#include "daemon/metkad/provisioning/app_passwords.h"
#include "daemon/metkad/provisioning/mailboxes.h"
#include "daemon/metkad/provisioning/own.h"
#include "daemon/metkad/provisioning/verbs.h"

namespace metka::metkad {

namespace {

// Whose app passwords they are.
struct Account {
    InboxId id;
    std::string key;   // for the audit
    std::string shown; // as people read it
};

Account account_of(const Mailbox& mailbox)
{
    return {.id = mailbox.id, .key = mailbox.address.text(), .shown = mailbox.address.show()};
}

Account account_of(const ShellAccount& shell)
{
    return {.id = shell.id, .key = shell.login, .shown = shell.login};
}

Result<Account> mailbox_named(const Order& order)
{
    const auto mailbox = find_mailbox(order.office, order.arguments.get<Address>("address"));
    if (!mailbox) return pass(mailbox);
    return account_of(*mailbox);
}

Result<Account> shell_named(const Order& order)
{
    const auto shell = find_shell(order.office, order.arguments.get<std::string>("login"));
    if (!shell) return pass(shell);
    return account_of(*shell);
}

Result<Account> own_account(const Order& order)
{
    const auto* const address = order.arguments.find<Address>("mailbox");
    if (address == nullptr) return account_of(self(order));
    const auto mailbox = own_mailbox(order, *address);
    if (!mailbox) return pass(mailbox);
    return account_of(*mailbox);
}

Result<Account> own_account_to_change(const Order& order)
{
    const auto allowed = refuse_suspended(order);
    if (!allowed) return pass(allowed);
    const auto* const address = order.arguments.find<Address>("mailbox");
    if (address == nullptr) return account_of(self(order));
    const auto mailbox = own_mailbox_to_change(order, *address);
    if (!mailbox) return pass(mailbox);
    return account_of(*mailbox);
}

Result<void> nothing_else(directory::Changes&)
{
    return {};
}

Result<std::optional<Validity>> wanted_end(const Order& order)
{
    const auto* const until = order.arguments.find<control::DateText>("valid_until");
    if (until == nullptr) return std::optional<Validity>();
    auto validity = wanted_validity(order.office, *until);
    if (!validity || !*validity || (*validity)->ends > order.office.clock.now()) return validity;
    const auto over = fail(Fault::invalid, "{} is over: an app password until then would open nothing",
                           (*validity)->until.text());
    return fail_field("valid_until", over.error());
}

Plan plan_of(const Account& account, const std::string& name, const std::optional<Validity>& validity)
{
    Plan plan{.subject = account.key, .steps = {}};
    const auto until = validity ? Json(validity->until.text()) : Json();
    plan.after = {{"app_password", name}, {"valid_until", until}};
    if (validity)
        plan.add("app password “{}” for {}, good until {}", name, account.shown, validity->until.text());
    else
        plan.add("app password “{}” for {}, good until it is removed", name, account.shown);
    return plan;
}

Json with_password(Json answer, const Secret& password)
{
    auto members = std::get<control::JsonObject>(std::move(answer.value));
    members.push_back({"password", password.reveal()});
    return Json(std::move(members));
}

std::vector<std::string> names_of(const std::vector<KeptAppPassword>& all)
{
    std::vector<std::string> names;
    names.reserve(all.size());
    for (const auto& each : all)
        names.push_back(each.password.name);
    return names;
}

asio::awaitable<Result<Json>> add(Order& order, Result<Account> account)
{
    if (!account) co_return pass(account);
    const auto& name = order.arguments.get<std::string>("name");
    const auto validity = wanted_end(order);
    if (!validity) co_return pass(validity);
    auto& keys = order.office.keys;
    const auto present = co_await keys.app_passwords(account->id);
    if (!present) co_return pass(present);
    const auto may = may_add_app_password(names_of(*present), name);
    if (!may) co_return pass(may);
    const auto plan = plan_of(*account, name, *validity);
    if (order.is_dry_run()) co_return commit(order, plan, nothing_else);
    AppPassword wanted{.id = {}, .name = name, .validity = *validity, .made = {}};
    const auto made = co_await keys.add_app_password(account->id, std::move(wanted));
    if (!made) co_return pass(made);
    auto answer = commit(order, plan, nothing_else);
    if (answer) co_return with_password(std::move(*answer), *made);
    const auto taken_back = co_await keys.remove_app_password(account->id, name);
    if (taken_back) co_return answer;
    co_return fail(answer.error().fault, "{}; the app password “{}” is there, and nobody knows it: remove it",
                   answer.error().text, name);
}

bool is_over(const AppPassword& password, Instant now)
{
    return password.validity && password.validity->ends <= now;
}

Json row_of(const KeptAppPassword& kept, Instant now)
{
    const auto& [password, last] = kept;
    return Json(control::JsonObject{
        {"name", password.name},
        {"state", is_over(password, now) ? "expired" : "active"},
        {"valid_until", password.validity ? Json(password.validity->until.text()) : Json()},
        {"created", show_instant(password.made)},
        {"last_used", last ? show_instant(last->at) : Json()},
        {"service", last ? Json(login::name_of(last->service)) : Json()},
        {"peer", last ? Json(last->peer) : Json()}});
}

asio::awaitable<Result<Json>> list(Order& order, Result<Account> account)
{
    if (!account) co_return pass(account);
    const auto all = co_await order.office.keys.app_passwords(account->id);
    if (!all) co_return pass(all);
    control::JsonArray rows;
    rows.reserve(all->size());
    for (const auto& each : *all)
        rows.push_back(row_of(each, order.office.clock.now()));
    co_return Json(std::move(rows));
}

Result<void> refuse_unknown(const Account& account, const std::vector<std::string>& names,
                            const std::string& name)
{
    if (std::ranges::find(names, name) != names.end()) return {};
    const std::vector<std::string_view> known(names.begin(), names.end());
    const auto near = nearest(name, known);
    if (near)
        return fail(Fault::not_found, "{} has no app password “{}”; did you mean “{}”?", account.shown, name,
                    *near);
    return fail(Fault::not_found, "{} has no app password “{}”; `app-password list` shows what there is",
                account.shown, name);
}

asio::awaitable<Result<Json>> remove(Order& order, Result<Account> account)
{
    if (!account) co_return pass(account);
    const auto& name = order.arguments.get<std::string>("name");
    auto& keys = order.office.keys;
    const auto all = co_await keys.app_passwords(account->id);
    if (!all) co_return pass(all);
    const auto known = refuse_unknown(*account, names_of(*all), name);
    if (!known) co_return pass(known);
    Plan plan{.subject = account->key, .steps = {}};
    plan.before = {{"app_password", name}};
    plan.add("remove the app password “{}” of {}", name, account->shown);
    plan.add("it opens nothing any more; sessions that it opened go on until they end");
    if (order.is_dry_run()) co_return commit(order, plan, nothing_else);
    const auto removed = co_await keys.remove_app_password(account->id, name);
    if (!removed) co_return pass(removed);
    co_return commit(order, plan, nothing_else);
}

} // namespace

asio::awaitable<Result<void>> plan_app_passwords(Order& order, InboxId account, Plan& plan)
{
    const auto all = co_await order.office.keys.app_passwords(account);
    if (!all) co_return pass(all);
    const bool revokes = order.arguments.flag("revoke_app_passwords"); // those that are over, too
    std::vector<std::string> quoted;
    quoted.reserve(all->size());
    for (const auto& each : *all)
        if (revokes || !is_over(each.password, order.office.clock.now()))
            quoted.push_back(fmt::format("“{}”", each.password.name));
    if (quoted.empty()) co_return Result<void>();
    const auto names = fmt::format("{}", fmt::join(quoted, ", "));
    if (revokes)
        plan.add("app passwords that are removed ({}): {}; sessions that they opened go on until they end",
                 quoted.size(), names);
    else
        plan.add("app passwords that stay valid ({}): {}; --revoke-app-passwords removes them", quoted.size(),
                 names);
    co_return Result<void>();
}

asio::awaitable<Result<void>> revoke_app_passwords(Order& order, InboxId account)
{
    const bool is_rehearsal = order.is_dry_run() || order.mode == Mode::rehearsal;
    if (is_rehearsal || !order.arguments.flag("revoke_app_passwords")) co_return Result<void>();
    auto revoked = co_await order.office.keys.remove_app_passwords(account);
    co_return revoked;
}

asio::awaitable<Result<Json>> mailbox_app_password_add(Order& order)
{
    return add(order, mailbox_named(order));
}

asio::awaitable<Result<Json>> mailbox_app_password_list(Order& order)
{
    return list(order, mailbox_named(order));
}

asio::awaitable<Result<Json>> mailbox_app_password_remove(Order& order)
{
    return remove(order, mailbox_named(order));
}

asio::awaitable<Result<Json>> shell_app_password_add(Order& order)
{
    return add(order, shell_named(order));
}

asio::awaitable<Result<Json>> shell_app_password_list(Order& order)
{
    return list(order, shell_named(order));
}

asio::awaitable<Result<Json>> shell_app_password_remove(Order& order)
{
    return remove(order, shell_named(order));
}

asio::awaitable<Result<Json>> my_app_password_add(Order& order)
{
    return add(order, own_account_to_change(order));
}

asio::awaitable<Result<Json>> my_app_password_list(Order& order)
{
    return list(order, own_account(order));
}

asio::awaitable<Result<Json>> my_app_password_remove(Order& order)
{
    return remove(order, own_account_to_change(order));
}

} // namespace metka::metkad
