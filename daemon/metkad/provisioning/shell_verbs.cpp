#include "core/policy/provisioning.h"
#include "daemon/metkad/provisioning/app_passwords.h"
#include "daemon/metkad/provisioning/logins.h"
#include "daemon/metkad/provisioning/mailboxes.h"
#include "daemon/metkad/provisioning/removals.h"
#include "daemon/metkad/provisioning/shells.h"
#include "daemon/metkad/provisioning/spaces.h"
#include "daemon/metkad/provisioning/verbs.h"

namespace metka::metkad {

namespace {

asio::awaitable<Result<void>> check_set(Order& order, const ShellAccount& before, const ShellAccount& after)
{
    auto& office = order.office;
    if (before.free_domain != after.free_domain) {
        const auto mailboxes = office.registry.mailboxes_in(before.id);
        if (!mailboxes) co_return pass(mailboxes);
        const auto movable = policy::may_change_free_domain(before.login, mailboxes->size());
        if (!movable) co_return movable;
    }
    const bool grows = !after.disk_limit || (before.disk_limit && *after.disk_limit >= *before.disk_limit);
    if (grows || order.arguments.flag("force")) co_return Result<void>();
    auto fits = co_await check_disk_limit(office, after, std::nullopt);
    co_return fits;
}

Result<ShellAccount> as_wanted(const Order& order, const ShellAccount& before)
{
    auto after = before;
    if (const auto* const limit = order.arguments.find<Capacity>("disk_limit")) after.disk_limit = *limit;
    if (const auto* const free_domain = order.arguments.find<control::DomainOverride>("free_domain")) {
        after.free_domain.reset();
        if (free_domain->own) {
            const auto domain = free_domain_named(order, *free_domain->own, before.customer);
            if (!domain) return pass(domain);
            after.free_domain = domain->id;
        }
    }
    after.self_service_aliases = wanted_number(order, "aliases", before.self_service_aliases);
    after.free_mailboxes = wanted_number(order, "free_mailboxes", before.free_mailboxes);
    after.messages_per_hour = wanted_number(order, "messages_per_hour", before.messages_per_hour);
    after.messages_per_day = wanted_number(order, "messages_per_day", before.messages_per_day);
    after.language = wanted_language(order, before.language);
    after.standing = wanted_standing(order, before.standing);
    return after;
}

Result<Plan> plan_of_set(Order& order, const ShellAccount& before, const ShellAccount& after)
{
    auto& office = order.office;
    const auto was = domain_name(office, before.free_domain);
    if (!was) return pass(was);
    const auto is = domain_name(office, after.free_domain);
    if (!is) return pass(is);
    const auto customer = find_customer(office, before.customer);
    if (!customer) return pass(customer);
    const auto numbers = office.settings.plan(customer->plan);
    Plan plan{.subject = before.login, .steps = {}};
    plan_change(plan, "disk limit", show(before.disk_limit), show(after.disk_limit));
    plan_change(plan, "domain of free mailboxes", *was ? (*was)->show() : "none",
                *is ? (*is)->show() : "none");
    plan_change(plan, "aliases by self-service",
                show_override(before.self_service_aliases, numbers.self_service_aliases),
                show_override(after.self_service_aliases, numbers.self_service_aliases));
    plan_change(plan, "free mailboxes",
                show_override(before.free_mailboxes, numbers.free_mailboxes_per_shell),
                show_override(after.free_mailboxes, numbers.free_mailboxes_per_shell));
    plan_sending(plan, sending_numbers(before), sending_numbers(after), numbers);
    plan_change(plan, "language", std::string(name(before.language)), std::string(name(after.language)));
    plan_change(plan, "state", std::string(name(before.standing)), std::string(name(after.standing)));
    if (order.arguments.has("password")) plan.add("a new password");
    const auto recorded = record_change(plan, office, before, after);
    if (!recorded) return pass(recorded);
    return plan;
}

// Only a user that Metka created, and that is still the same one, goes with the account.
asio::awaitable<Phrase> remove_unix_user(Office& office, const ShellAccount& shell)
{
    const auto user = office.unix_accounts.find(shell.login);
    if (!user || !*user || (*user)->uid != shell.uid)
        co_return phrase("the Unix user {} is not the one this account had, so it stays", shell.login);
    const auto removed = co_await office.unix_accounts.remove(shell.login);
    if (!removed) co_return phrase("the Unix user {} is left behind: {}", shell.login, removed.error().text);
    co_return phrase("remove the Unix user {} with its home", shell.login);
}

Json fence_of(Office& office, const ShellAccount& shell, control::JsonArray& problems)
{
    const auto report = office.fences.look(shell);
    for (const auto& problem : report.problems)
        problems.emplace_back(problem);
    return Json(report.show());
}

Json promised_to(const std::vector<Mailbox>& mailboxes)
{
    std::uint64_t sum = 0;
    for (const auto& mailbox : mailboxes) {
        if (!mailbox.capacity) return {};
        sum += mailbox.capacity->count;
    }
    return Json::count(sum);
}

} // namespace

asio::awaitable<Result<Json>> shell_show(Order& order)
{
    auto& office = order.office;
    const auto shell = find_shell(office, order.arguments.get<std::string>("login"));
    if (!shell) co_return pass(shell);
    const auto mailboxes = office.registry.mailboxes_in(shell->id);
    if (!mailboxes) co_return pass(mailboxes);
    const auto numbers = numbers_of(office, *shell);
    if (!numbers) co_return pass(numbers);
    const auto aliases = self_service_aliases(office, *shell);
    if (!aliases) co_return pass(aliases);
    const auto maildir = maildir_of(place_of(*shell));
    if (!maildir) co_return pass(maildir);
    auto host_address = show_host_address(office, shell->login);
    if (!host_address) co_return pass(host_address);
    auto card = record_of(office, *shell);
    if (!card) co_return pass(card);
    const auto use = co_await use_of(office, *shell);
    control::JsonArray problems;
    card->push_back({"uid", Json::count(shell->uid)});
    card->push_back({"adopted", shell->adopted});
    card->push_back({"host_address", std::move(*host_address)});
    card->push_back({"usage", use ? Json::count(use->inbox.used.count) : Json()});
    card->push_back({"messages", use ? Json::count(use->inbox.messages) : Json()});
    card->push_back({"home", use ? Json::count(use->home.count) : Json()});
    card->push_back({"space", use ? Json::count(use->all().count) : Json()});
    card->push_back({"promised", promised_to(*mailboxes)});
    card->push_back({"fence", fence_of(office, *shell, problems)});
    card->push_back({"free_mailboxes", Json::count(mailboxes->size())});
    card->push_back({"most_free_mailboxes", Json::count(numbers->most_in_shell)});
    card->push_back({"self_service_aliases", Json::count(*aliases)});
    card->push_back({"most_self_service_aliases", Json::count(numbers->most_aliases)});
    card->push_back({"messages_per_hour", Json::count(numbers->messages_per_hour)});
    card->push_back({"messages_per_day", Json::count(numbers->messages_per_day)});
    card->push_back({"language", name(shell->language)});
    card->push_back({"maildir", *maildir});
    card->push_back({"problems", std::move(problems)});
    card->push_back({"created", show_instant(shell->created)});
    auto last_login = co_await last_login_of(order, shell->id);
    card->push_back({"last_login", std::move(last_login)});
    co_return Json(std::move(*card));
}

// set, suspend and resume
asio::awaitable<Result<Json>> shell_set(Order& order)
{
    auto& office = order.office;
    if (order.verb.verb == "set") {
        const auto something = refuse_empty(order);
        if (!something) co_return pass(something);
    }
    const auto before = find_shell(office, order.arguments.get<std::string>("login"));
    if (!before) co_return pass(before);
    const auto after = as_wanted(order, *before);
    if (!after) co_return pass(after);
    const auto allowed = co_await check_set(order, *before, *after);
    if (!allowed) co_return pass(allowed);
    auto plan = plan_of_set(order, *before, *after);
    if (!plan) co_return pass(plan);
    if (order.arguments.has("password") || order.arguments.flag("revoke_app_passwords")) {
        const auto told = co_await plan_app_passwords(order, before->id, *plan);
        if (!told) co_return pass(told);
    }
    const auto revoked = co_await revoke_app_passwords(order, before->id);
    if (!revoked) co_return pass(revoked);
    auto password = order.arguments.take_secret("password");
    if (!order.is_dry_run() && order.mode == Mode::real) {
        const auto keyed = co_await set_shell_password(office, *before, std::move(password));
        if (!keyed) co_return pass(keyed);
    }
    auto changed = commit(order, *plan, [&](directory::Changes& changes) { return changes.set(*after); });
    const bool has_fence = order.mode == Mode::real && !order.is_dry_run();
    if (!changed || !has_fence || before->disk_limit == after->disk_limit) co_return changed;
    const auto fence = office.fences.set(*after);
    if (fence) co_return changed;
    plan->add("no fence by the kernel: {}", fence.error().text);
    co_return answer_to(order, *plan);
}

asio::awaitable<Result<Json>> shell_rename(Order& order)
{
    auto& office = order.office;
    const auto before = find_shell(office, order.arguments.get<std::string>("login"));
    if (!before) co_return pass(before);
    auto after = *before;
    after.login = order.arguments.get<std::string>("to");
    const auto named = policy::may_name_shell_account(after.login);
    if (!named) co_return fail_field("to", named.error());
    if (before->adopted)
        co_return fail(Fault::conflict, "the Unix user {} was adopted, and keeps its name", before->login);
    const auto user = office.unix_accounts.find(after.login);
    if (!user) co_return pass(user);
    const bool is_renamed = *user && (*user)->uid == before->uid; // a rename that was killed before its row
    if (*user && !is_renamed) co_return fail(Fault::conflict, "there is a Unix user {} already", after.login);
    if (!is_renamed) {
        const auto its_user = unix_user_of(office, *before);
        if (!its_user) co_return pass(its_user);
    }
    const auto unknown = refuse_known(office, after.login, std::nullopt);
    if (!unknown) co_return pass(unknown);
    const auto unquarantined = may_take_host_name(office, after.login, before->customer);
    if (!unquarantined) co_return fail_field("to", unquarantined.error());
    Plan plan{.subject = before->login, .steps = {}};
    plan.add("the Unix user and shell account {} become {}; the home stays where it is", before->login,
             after.login);
    const auto recorded = record_change(plan, office, *before, after);
    if (!recorded) co_return pass(recorded);
    if (order.is_dry_run()) co_return commit(order, plan, {});
    if (!is_renamed) {
        const auto renamed = co_await office.unix_accounts.rename(before->login, after.login);
        if (!renamed) co_return pass(renamed);
    }
    auto changed = commit(order, plan, [&](directory::Changes& changes) {
        const auto done = changes.set(after);
        return done ? free_host_name(office, changes, before->login, before->customer) : done;
    });
    if (changed) co_return changed;
    const auto undone = co_await office.unix_accounts.rename(after.login, before->login);
    if (!undone) changed.error().text += fmt::format("; and the Unix user is called {} now", after.login);
    co_return changed;
}

asio::awaitable<Result<Json>> shell_remove(Order& order)
{
    auto& office = order.office;
    const auto shell = find_shell(office, order.arguments.get<std::string>("login"));
    if (!shell) co_return pass(shell);
    const bool with_user = order.arguments.flag("remove_unix_user");
    if (with_user && shell->adopted)
        co_return fail(Fault::conflict,
                       "the Unix user {} was adopted and stays; leave --remove-unix-user out", shell->login);
    Removal removal(order, shell->login);
    const auto taken = removal.take(*shell);
    if (!taken) co_return pass(taken);
    if (with_user && order.is_dry_run())
        removal.also(phrase("remove the Unix user {} with its home", shell->login));
    auto removed = co_await removal.carry_out();
    if (!removed || !with_user || order.is_dry_run()) co_return removed;
    const auto said = co_await remove_unix_user(office, *shell);
    auto* const members = std::get_if<control::JsonObject>(&removed->value);
    std::get<control::JsonArray>(members->back().value.value).emplace_back(said.text());
    co_return removed;
}

} // namespace metka::metkad
