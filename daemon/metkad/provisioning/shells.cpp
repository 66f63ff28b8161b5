#include "core/policy/provisioning.h"
#include "daemon/metkad/provisioning/change.h"
#include "daemon/metkad/provisioning/inboxes.h"
#include "daemon/metkad/provisioning/spaces.h"
#include "daemon/metkad/provisioning/verbs.h"

namespace metka::metkad {

namespace {

// What a new shell account stands on. Without a user: it is still to be created.
struct Ground {
    Customer customer;
    std::optional<Domain> free_domain;
    std::optional<UnixUser> user;
};

Result<std::optional<Domain>> wanted_free_domain(const Order& order, const CustomerId& customer)
{
    const auto* const wanted = order.arguments.find<DomainName>("free_domain");
    if (wanted == nullptr) return std::optional<Domain>();
    const auto domain = find_domain(order.office, *wanted);
    if (!domain) return pass(domain);
    if (domain->customer != customer)
        return fail_field("free_domain",
                          {Fault::conflict, fmt::format("{} belongs to another customer; free mailboxes "
                                                        "live in a domain of the account's own customer",
                                                        wanted->show())});
    return std::optional(*domain);
}

Result<std::optional<UnixUser>> user_for(const Order& order, const std::string& login)
{
    const auto& unix_accounts = order.office.unix_accounts;
    auto user = unix_accounts.find(login);
    if (!user) return pass(user);
    if (order.arguments.flag("adopt")) {
        if (!*user)
            return fail(Fault::not_found,
                        "there is no Unix user {} to adopt; leave --adopt out to create one", login);
        const auto adoptable = unix_accounts.may_adopt(**user);
        if (!adoptable) return pass(adoptable);
        return user;
    }
    if (*user)
        return fail(Fault::conflict,
                    "there is a Unix user {} already; say --adopt to make it a shell account", login);
    const auto creatable = unix_accounts.may_create();
    if (!creatable) return pass(creatable);
    return user;
}

Result<void> refuse_known(Office& office, const std::string& login, const std::optional<UnixUser>& user)
{
    const auto shells = office.registry.shell_accounts();
    if (!shells) return pass(shells);
    for (const auto& shell : *shells) {
        if (shell.login == login)
            return fail(Fault::conflict,
                        "there is a shell account {0} already; `metkactl shell show {0}` shows it", login);
        if (user && shell.uid == user->uid)
            return fail(Fault::conflict,
                        "the Unix user {} has the uid {} of shell account {}; one uid is one account", login,
                        user->uid, shell.login);
    }
    return {};
}

Result<Ground> ground_for(const Order& order, const std::string& login)
{
    const auto named = policy::may_name_shell_account(login);
    if (!named) return fail_field("login", named.error());
    const auto unknown = refuse_known(order.office, login, std::nullopt);
    if (!unknown) return pass(unknown);
    auto customer = find_customer(order.office, order.arguments.get<std::string>("customer"));
    if (!customer) return pass(customer);
    auto free_domain = wanted_free_domain(order, customer->id);
    if (!free_domain) return pass(free_domain);
    auto user = user_for(order, login);
    if (!user) return pass(user);
    const auto alone = refuse_known(order.office, login, *user);
    if (!alone) return pass(alone);
    return Ground{std::move(*customer), std::move(*free_domain), std::move(*user)};
}

ShellAccount account_on(const Order& order, const std::string& login, const Ground& ground)
{
    const auto now = order.office.clock.now();
    const auto* const limit = order.arguments.find<Capacity>("disk_limit");
    return {.id = InboxId::make(now),
            .login = login,
            .customer = ground.customer.id,
            .uid = ground.user ? ground.user->uid : 0,
            .adopted = ground.user.has_value(),
            .disk_limit = limit != nullptr ? *limit : order.office.settings.plan_disk_limit,
            .free_domain = ground.free_domain ? std::optional(ground.free_domain->id) : std::nullopt,
            .standing = Standing::active,
            .created = now};
}

Result<Plan> plan_of_new(Office& office, const ShellAccount& shell, const Ground& ground)
{
    auto record = record_of(office, shell);
    if (!record) return pass(record);
    Plan plan{.subject = shell.login, .steps = {}, .after = std::move(*record)};
    plan.steps.push_back(fmt::format("{} the Unix user {}", shell.adopted ? "adopt" : "create", shell.login));
    plan.steps.push_back(
        fmt::format("add shell account {} of customer {}: disk limit {}, free mailboxes in {}", shell.login,
                    ground.customer.name, show(shell.disk_limit),
                    ground.free_domain ? ground.free_domain->name.show() : "no domain"));
    return plan;
}

// Secret, tree, row; a failure leaves the row out and says why.
asio::awaitable<Result<Json>> furnish(Order& order, const ShellAccount& shell, const UnixUser& user,
                                      const Plan& plan)
{
    auto& office = order.office;
    auto password = order.arguments.take_secret("password");
    if (!password.empty()) {
        const auto keyed = co_await office.keys.set_password(shell.id, std::move(password));
        if (!keyed) co_return pass(keyed);
    }
    const auto tree = co_await office.trees.make(place_of(shell));
    if (!tree) co_return pass(tree);
    if (*tree) {
        const auto shared = office.unix_accounts.share(user, **tree);
        if (!shared) co_return pass(shared);
    }
    co_return commit(order, plan, [&](directory::Changes& changes) { return changes.add(shell); });
}

asio::awaitable<Result<Json>> make(Order& order, ShellAccount shell, std::optional<UnixUser> user,
                                   const Plan& plan)
{
    auto& office = order.office;
    if (!user) {
        const auto created = co_await office.unix_accounts.create(shell.login);
        if (!created) co_return pass(created);
        user = *created;
        shell.uid = created->uid;
    }
    auto added = co_await furnish(order, shell, *user, plan);
    if (added) co_return added;
    co_await take_back(office, place_of(shell));
    if (!shell.adopted) {
        const auto undone = co_await office.unix_accounts.remove(shell.login);
        if (!undone) added.error().text += fmt::format("; and the Unix user {} is left behind", shell.login);
    }
    co_return added;
}

asio::awaitable<Result<void>> check_set(Order& order, const ShellAccount& before, const ShellAccount& after)
{
    auto& office = order.office;
    const auto mailboxes = free_mailboxes_of(office, before.id);
    if (!mailboxes) co_return pass(mailboxes);
    if (before.free_domain != after.free_domain) {
        const auto movable = policy::may_change_free_domain(before.login, mailboxes->size());
        if (!movable) co_return movable;
    }
    if (before.disk_limit == after.disk_limit) co_return Result<void>();
    const auto usage = co_await office.trees.usage(place_of(before));
    if (!usage) co_return pass(usage);
    policy::DiskFacts facts{
        .login = after.login, .limit = after.disk_limit, .used = usage->used, .promised = {}};
    for (const auto& mailbox : *mailboxes)
        facts.promised.push_back(mailbox.capacity);
    co_return policy::fits_disk_limit(facts);
}

Result<ShellAccount> as_wanted(const Order& order, const ShellAccount& before)
{
    auto after = before;
    if (const auto* const limit = order.arguments.find<Capacity>("disk_limit")) after.disk_limit = *limit;
    const auto free_domain = wanted_free_domain(order, before.customer);
    if (!free_domain) return pass(free_domain);
    if (*free_domain) after.free_domain = (*free_domain)->id;
    after.standing = wanted_standing(order, before.standing);
    return after;
}

Result<Plan> plan_of_set(Order& order, const ShellAccount& before, const ShellAccount& after)
{
    const auto was = domain_name(order.office, before.free_domain);
    if (!was) return pass(was);
    const auto is = domain_name(order.office, after.free_domain);
    if (!is) return pass(is);
    Plan plan{.subject = before.login, .steps = {}};
    plan_change(plan, "disk limit", show(before.disk_limit), show(after.disk_limit));
    plan_change(plan, "domain of free mailboxes", *was ? (*was)->show() : "", *is ? (*is)->show() : "");
    plan_change(plan, "state", std::string(name(before.standing)), std::string(name(after.standing)));
    if (order.arguments.has("password")) plan.steps.emplace_back("a new password for mail");
    const auto recorded = record_change(plan, order.office, before, after);
    if (!recorded) return pass(recorded);
    return plan;
}

Result<void> refuse_owner(Office& office, const ShellAccount& shell)
{
    std::vector<std::string> owned;
    const auto mailboxes = free_mailboxes_of(office, shell.id);
    if (!mailboxes) return pass(mailboxes);
    for (const auto& mailbox : *mailboxes)
        owned.push_back("mailbox " + mailbox.address.show());
    const auto aliases = office.registry.aliases();
    if (!aliases) return pass(aliases);
    for (const auto& alias : *aliases)
        if (alias.inbox == shell.id) owned.push_back("alias " + alias.address.show());
    return policy::may_remove("shell account " + shell.login, owned);
}

// Only a user that Metka created, and that is still the same one, goes with the account.
asio::awaitable<std::string> remove_unix_user(Office& office, const ShellAccount& shell)
{
    const auto user = office.unix_accounts.find(shell.login);
    if (!user || !*user || (*user)->uid != shell.uid)
        co_return fmt::format("the Unix user {} is not the one this account had, so it stays", shell.login);
    const auto removed = co_await office.unix_accounts.remove(shell.login);
    if (!removed) co_return removed.error().text;
    co_return fmt::format("remove the Unix user {} with its home", shell.login);
}

} // namespace

asio::awaitable<Result<Json>> shell_add(Order& order)
{
    auto& office = order.office;
    const auto& login = order.arguments.get<std::string>("login");
    const auto ground = ground_for(order, login);
    if (!ground) co_return pass(ground);
    const auto shell = account_on(order, login, *ground);
    const auto plan = plan_of_new(office, shell, *ground);
    if (!plan) co_return pass(plan);
    if (order.is_dry_run()) co_return answer_to(order, *plan);
    auto made = co_await make(order, shell, ground->user, *plan);
    co_return made;
}

Result<Json> shell_list(Order& order)
{
    const auto shells = order.office.registry.shell_accounts();
    if (!shells) return pass(shells);
    const auto* const of = order.arguments.find<std::string>("customer");
    control::JsonArray rows;
    for (const auto& shell : *shells) {
        auto record = record_of(order.office, shell);
        if (!record) return pass(record);
        Json row(std::move(*record));
        if (of == nullptr || *row.member("customer") == Json(*of)) rows.push_back(std::move(row));
    }
    return Json(std::move(rows));
}

asio::awaitable<Result<Json>> shell_show(Order& order)
{
    auto& office = order.office;
    const auto shell = find_shell(office, order.arguments.get<std::string>("login"));
    if (!shell) co_return pass(shell);
    const auto free_mailboxes = free_mailboxes_of(office, shell->id);
    if (!free_mailboxes) co_return pass(free_mailboxes);
    const auto maildir = maildir_of(place_of(*shell));
    if (!maildir) co_return pass(maildir);
    auto card = record_of(office, *shell);
    if (!card) co_return pass(card);
    auto holding = co_await holding_of(office, place_of(*shell));
    card->push_back({"uid", Json::count(shell->uid)});
    card->push_back({"adopted", shell->adopted});
    card->push_back({"usage", std::move(holding.usage)});
    card->push_back({"messages", std::move(holding.messages)});
    card->push_back({"free_mailboxes", Json::count(free_mailboxes->size())});
    card->push_back({"maildir", *maildir});
    card->push_back({"created", show_instant(shell->created)});
    co_return Json(std::move(*card));
}

asio::awaitable<Result<Json>> shell_set(Order& order)
{
    auto& office = order.office;
    const auto something = refuse_empty(order);
    if (!something) co_return pass(something);
    const auto before = find_shell(office, order.arguments.get<std::string>("login"));
    if (!before) co_return pass(before);
    const auto after = as_wanted(order, *before);
    if (!after) co_return pass(after);
    const auto allowed = co_await check_set(order, *before, *after);
    if (!allowed) co_return pass(allowed);
    const auto plan = plan_of_set(order, *before, *after);
    if (!plan) co_return pass(plan);
    auto password = order.arguments.take_secret("password");
    if (!password.empty() && !order.is_dry_run()) {
        const auto keyed = co_await office.keys.set_password(before->id, std::move(password));
        if (!keyed) co_return pass(keyed);
    }
    co_return commit(order, *plan, [&](directory::Changes& changes) { return changes.set(*after); });
}

asio::awaitable<Result<Json>> shell_remove(Order& order)
{
    auto& office = order.office;
    const auto shell = find_shell(office, order.arguments.get<std::string>("login"));
    if (!shell) co_return pass(shell);
    const auto free = refuse_owner(office, *shell);
    if (!free) co_return pass(free);
    const bool with_user = order.arguments.flag("remove_unix_user");
    if (with_user && shell->adopted)
        co_return fail(Fault::conflict,
                       "the Unix user {} was adopted and stays; leave --remove-unix-user out", shell->login);
    auto record = record_of(office, *shell);
    if (!record) co_return pass(record);
    Plan plan{.subject = shell->login,
              .steps = {fmt::format("remove shell account {} and the mail in its inbox", shell->login)},
              .before = std::move(*record)};
    if (with_user && order.is_dry_run())
        plan.steps.push_back(fmt::format("remove the Unix user {} with its home", shell->login));
    const auto removed =
        commit(order, plan, [&](directory::Changes& changes) { return changes.remove_inbox(shell->id); });
    if (!removed || order.is_dry_run()) co_return removed;
    if (with_user) {
        auto said = co_await remove_unix_user(office, *shell);
        plan.steps.push_back(std::move(said));
    }
    auto answer = co_await clear_away(order, std::move(plan), place_of(*shell));
    co_return answer;
}

} // namespace metka::metkad
