#include <asio/this_coro.hpp>

#include "core/net/spawn.h"
#include "core/policy/provisioning.h"
#include "core/sys/log.h"
#include "daemon/metkad/provisioning/change.h"
#include "daemon/metkad/provisioning/ends.h"
#include "daemon/metkad/provisioning/mailboxes.h"
#include "daemon/metkad/provisioning/shells.h"
#include "daemon/metkad/provisioning/spaces.h"
#include "daemon/metkad/provisioning/verbs.h"

namespace metka::metkad {

Result<Domain> free_domain_named(const Order& order, const DomainName& wanted, const CustomerId& customer)
{
    const auto domain = find_domain(order.office, wanted);
    if (!domain) return pass(domain);
    if (domain->customer != customer)
        return fail_field("free_domain",
                          {Fault::conflict, fmt::format("{} belongs to another customer; free mailboxes "
                                                        "live in a domain of the account's own customer",
                                                        wanted.show())});
    return *domain;
}

Result<void> refuse_known(Office& office, const std::string& login, const std::optional<UnixUser>& user)
{
    const auto named = office.registry.shell_account(login);
    if (!named) return pass(named);
    if (*named)
        return fail(Fault::conflict,
                    "there is a shell account {0} already; `metkactl shell show {0}` shows it", login);
    if (!user) return {};
    const auto shells = office.registry.shell_accounts();
    if (!shells) return pass(shells);
    for (const auto& shell : *shells)
        if (shell.uid == user->uid)
            return fail(Fault::conflict,
                        "the Unix user {} has the uid {} of shell account {}; one uid is one account", login,
                        user->uid, shell.login);
    return {};
}

Result<UnixUser> unix_user_of(Office& office, const ShellAccount& shell)
{
    const auto user = office.unix_accounts.find(shell.login);
    if (!user) return pass(user);
    if (*user && (*user)->uid == shell.uid) return **user;
    return fail(Fault::conflict,
                "shell account {0} has the uid {1}, and there is no Unix user {0} of that uid", shell.login,
                shell.uid);
}

asio::awaitable<Result<void>> set_shell_password(Office& office, const ShellAccount& shell, Secret password)
{
    if (password.empty()) co_return Result<void>();
    if (!office.unix_accounts.have_unix_passwords()) {
        auto kept = co_await office.keys.set_password(shell.id, std::move(password));
        co_return kept;
    }
    const auto user = unix_user_of(office, shell);
    if (!user) co_return pass(user);
    const auto changed = co_await office.unix_accounts.set_password(shell.login, std::move(password));
    if (!changed) co_return changed;
    auto forgotten = co_await office.keys.changed_elsewhere(shell.id);
    co_return forgotten;
}

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
    const auto domain = free_domain_named(order, *wanted, customer);
    if (!domain) return pass(domain);
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

Result<Ground> ground_for(const Order& order, const std::string& login)
{
    const auto named = policy::may_name_shell_account(login);
    if (!named) return fail_field("login", named.error());
    const auto unknown = refuse_known(order.office, login, std::nullopt);
    if (!unknown) return pass(unknown);
    auto customer = find_customer(order.office, order.arguments.get<std::string>("customer"));
    if (!customer) return pass(customer);
    const auto unquarantined = may_take_host_name(order.office, login, customer->id);
    if (!unquarantined) return fail_field("login", unquarantined.error());
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
    const auto plan = order.office.settings.plan(ground.customer.plan);
    const auto* const limit = order.arguments.find<Capacity>("disk_limit");
    return {.id = InboxId::make(now),
            .login = login,
            .customer = ground.customer.id,
            .uid = ground.user ? ground.user->uid : 0,
            .adopted = ground.user.has_value(),
            .disk_limit = limit != nullptr ? *limit : plan.disk_limit,
            .free_domain = ground.free_domain ? std::optional(ground.free_domain->id) : std::nullopt,
            .self_service_aliases = wanted_number(order, "aliases", std::nullopt),
            .free_mailboxes = wanted_number(order, "free_mailboxes", std::nullopt),
            .messages_per_hour = wanted_number(order, "messages_per_hour", std::nullopt),
            .messages_per_day = wanted_number(order, "messages_per_day", std::nullopt),
            .language = wanted_language(order, ground.customer.language),
            .standing = Standing::active,
            .created = now};
}

Result<Plan> plan_of_new(Office& office, const ShellAccount& shell, const Ground& ground)
{
    auto record = record_of(office, shell);
    if (!record) return pass(record);
    Plan plan{.subject = shell.login, .steps = {}, .after = std::move(*record)};
    plan.add("{} the Unix user {}", shell.adopted ? "adopt" : "create", shell.login);
    plan.add("add shell account {} of customer {}: disk limit {}, free mailboxes in {}", shell.login,
             ground.customer.name, show(shell.disk_limit),
             ground.free_domain ? ground.free_domain->name.show() : "no domain");
    return plan;
}

// Secret, fence, tree, row; a failure leaves the row out and says why.
asio::awaitable<Result<Json>> furnish(Order& order, const ShellAccount& shell, const UnixUser& user,
                                      const Plan& plan)
{
    auto& office = order.office;
    auto password = order.arguments.take_secret("password");
    const auto keyed = co_await set_shell_password(office, shell, std::move(password));
    if (!keyed) co_return pass(keyed);
    auto hash = order.arguments.take_secret("password_hash");
    if (!hash.empty()) {
        std::vector<login::KeptHash> hashes;
        hashes.push_back({shell.id, std::move(hash)});
        const auto kept = co_await office.keys.set_hashes(std::move(hashes));
        if (!kept) co_return pass(kept);
    }
    const auto fenced = office.fences.prepare(shell);
    if (!fenced) co_return pass(fenced);
    const auto tree = co_await office.trees.make(place_of(shell));
    if (!tree) co_return pass(tree);
    if (*tree) {
        const auto shared = office.unix_accounts.share(user, **tree);
        if (!shared) co_return pass(shared);
    }
    co_return commit(order, plan, [&](directory::Changes& changes) { return changes.add(shell); });
}

asio::awaitable<void> take_back(Office& office, const ShellAccount& shell)
{
    const auto secret = co_await office.keys.remove(shell.id);
    const Removed never{.id = shell.id,
                        .shell = {},
                        .is_shell = true,
                        .uid = shell.uid,
                        .login = shell.login,
                        .removed = {},
                        .purge_after = {}};
    const auto purged = co_await purge_tree(office, never);
    if (!secret || !purged)
        sys::log(sys::Level::warning, "shell.left_over", {{"login", shell.login}, {"id", shell.id.hex()}});
}

// A home that was there before may take minutes to measure, and nobody else's turn waits for that.
asio::awaitable<void> measure_in_its_time(Office& office, Turnstile& writers, ShellAccount shell)
{
    const auto measured = co_await measure_home(office, writers, shell);
    if (!measured)
        sys::log(sys::Level::warning, "shell.not_measured",
                 {{"login", shell.login}, {"why", measured.error().text}});
}

// What makes life easier and is no reason to refuse the account: its fence, the link in its home, its first
// measure. What could not be done is said.
asio::awaitable<void> settle_in(Order& order, const ShellAccount& shell, const UnixUser& user, Plan& plan)
{
    auto& office = order.office;
    auto& writers = *order.writers;
    const auto fence = office.fences.set(shell);
    if (!fence) plan.add("no fence by the kernel: {}", fence.error().text);
    if (office.settings.accounts_maildir_link) {
        auto path = office.settings.state_folder + "/" + maildir_of(place_of(shell)).value_or("");
        const auto linked = co_await office.unix_accounts.link_maildir(user, std::move(path));
        if (!linked) plan.add("no link to the inbox in the home: {}", linked.error().text);
    }
    const auto loop = co_await asio::this_coro::executor;
    net::spawn(loop, measure_in_its_time(office, writers, shell), "measuring the home of " + shell.login);
}

asio::awaitable<Result<Json>> make(Order& order, ShellAccount shell, std::optional<UnixUser> user, Plan plan)
{
    auto& office = order.office;
    if (!user) {
        const auto created = co_await office.unix_accounts.create(shell.login);
        if (!created) co_return pass(created);
        user = *created;
        shell.uid = created->uid;
    }
    auto added = co_await furnish(order, shell, *user, plan);
    if (added) {
        co_await settle_in(order, shell, *user, plan);
        co_return answer_to(order, plan);
    }
    co_await take_back(office, shell);
    if (!shell.adopted) {
        const auto undone = co_await office.unix_accounts.remove(shell.login);
        if (!undone) added.error().text += fmt::format("; and the Unix user {} is left behind", shell.login);
    }
    co_return added;
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
    if (order.is_dry_run() || order.mode == Mode::rehearsal)
        co_return commit(order, *plan, [&](directory::Changes& changes) { return changes.add(shell); });
    order.is_change = true;
    auto made = co_await make(order, shell, ground->user, *plan);
    co_return made;
}

} // namespace metka::metkad
