#include <algorithm>

#include "core/policy/lifetime.h"
#include "daemon/metkad/machine/time_zone.h"
#include "daemon/metkad/provisioning/app_passwords.h"
#include "daemon/metkad/provisioning/logins.h"
#include "daemon/metkad/provisioning/mailboxes.h"
#include "daemon/metkad/provisioning/moves.h"
#include "daemon/metkad/provisioning/removals.h"
#include "daemon/metkad/provisioning/spaces.h"
#include "daemon/metkad/provisioning/verbs.h"

namespace metka::metkad {

namespace {

Result<Owner> owner_by_shell(Office& office, const std::string& login)
{
    auto shell = find_shell(office, login);
    if (!shell) return pass(shell);
    auto customer = find_customer(office, shell->customer);
    if (!customer) return pass(customer);
    return Owner{std::move(*customer), std::move(*shell)};
}

Result<Owner> owner_of_new(const Order& order)
{
    const auto* const customer_named = order.arguments.find<std::string>("customer");
    const auto* const login = order.arguments.find<std::string>("shell");
    if ((customer_named == nullptr) == (login == nullptr))
        return fail_field("customer",
                          {Fault::invalid, "say either --customer NAME, for a paid mailbox, or --shell "
                                           "LOGIN, for a free one"});
    if (login != nullptr) return owner_by_shell(order.office, *login);
    auto customer = find_customer(order.office, *customer_named);
    if (!customer) return pass(customer);
    return Owner{std::move(*customer), std::nullopt};
}

// Whose it becomes by --customer or --shell; as it is without them.
Result<std::optional<InboxId>> wanted_shell(const Order& order, const Mailbox& before)
{
    auto& office = order.office;
    const auto* const customer_named = order.arguments.find<std::string>("customer");
    const auto* const login = order.arguments.find<std::string>("shell");
    if (customer_named != nullptr && login != nullptr)
        return fail_field("customer", {Fault::invalid, "say --customer or --shell, not both"});
    if (customer_named == nullptr && login == nullptr) return before.shell;
    const auto owner = login != nullptr ? owner_by_shell(office, *login) : Result<Owner>(Owner{});
    if (!owner) return pass(owner);
    const auto customer =
        login != nullptr ? Result<Customer>(owner->customer) : find_customer(office, *customer_named);
    if (!customer) return pass(customer);
    if (customer->id != before.customer)
        return fail(Fault::conflict, "{} is a mailbox of another customer than {}, and stays its",
                    before.address.show(), customer->name);
    if (login == nullptr) return std::optional<InboxId>();
    if (owner->shell->id == before.shell) return before.shell;
    const auto facts = free_mailbox_facts(office, *owner->shell, before.address);
    if (!facts) return pass(facts);
    auto without = *facts; // it leaves another space, and stays in its domain and customer
    if (before.shell) {
        without.in_domain -= std::min<std::uint64_t>(without.in_domain, 1);
        without.of_customer -= std::min<std::uint64_t>(without.of_customer, 1);
    }
    const auto allowed = policy::may_add_free_mailbox(without);
    if (!allowed) return pass(allowed);
    return std::optional(owner->shell->id);
}

Result<Mailbox> as_wanted(const Order& order, const Mailbox& before)
{
    auto after = before;
    if (const auto* const capacity = order.arguments.find<Capacity>("capacity")) after.capacity = *capacity;
    if (const auto* const until = order.arguments.find<control::DateText>("valid_until")) {
        const auto validity = wanted_validity(order.office, *until);
        if (!validity) return pass(validity);
        after.validity = *validity;
    }
    if (const auto* const name = order.arguments.find<std::string>("host_name")) {
        const auto free = may_take_host_name(order.office, *name, before.customer);
        if (!free) return fail_field("host_name", free.error());
        after.host_name = *name;
    }
    after.grace_days = wanted_number(order, "grace_days", before.grace_days);
    if (const auto* const days = order.arguments.find<control::DaysOverride>("notice_days"))
        after.notice_days = days->own;
    after.messages_per_hour = wanted_number(order, "messages_per_hour", before.messages_per_hour);
    after.messages_per_day = wanted_number(order, "messages_per_day", before.messages_per_day);
    after.language = wanted_language(order, before.language);
    after.standing = wanted_standing(order, before.standing);
    const auto shell = wanted_shell(order, before);
    if (!shell) return pass(shell);
    after.shell = *shell;
    return after;
}

std::string show_days(const std::optional<NoticeDays>& own, const NoticeDays& of_plan)
{
    return own ? show(*own) : "plan: " + show(of_plan);
}

Result<std::string> show_owner(Office& office, const std::optional<InboxId>& shell)
{
    if (!shell) return std::string("paid");
    const auto login = inbox_name(office, *shell);
    if (!login) return pass(login);
    return "free, of " + *login;
}

Result<Plan> plan_of_set(Order& order, const Mailbox& before, const Mailbox& after)
{
    auto& office = order.office;
    const auto customer = find_customer(office, before.customer);
    if (!customer) return pass(customer);
    const auto numbers = office.settings.plan(customer->plan);
    const auto was_of = show_owner(office, before.shell);
    if (!was_of) return pass(was_of);
    const auto is_of = show_owner(office, after.shell);
    if (!is_of) return pass(is_of);
    Plan plan{.subject = before.address.text(), .steps = {}};
    plan_change(plan, "capacity", show(before.capacity), show(after.capacity));
    plan_change(plan, "valid until", show_end(before.validity), show_end(after.validity));
    plan_change(plan, "state", std::string(name(before.standing)), std::string(name(after.standing)));
    plan_change(plan, "name in the host domain", before.host_name, after.host_name);
    plan_change(plan, "grace days", show_override(before.grace_days, numbers.grace_days),
                show_override(after.grace_days, numbers.grace_days));
    plan_change(plan, "notice days", show_days(before.notice_days, numbers.notice_days),
                show_days(after.notice_days, numbers.notice_days));
    plan_sending(plan, sending_numbers(before), sending_numbers(after), numbers);
    plan_change(plan, "language", std::string(name(before.language)), std::string(name(after.language)));
    plan_change(plan, "kind", *was_of, *is_of);
    if (order.arguments.has("password")) plan.add("a new password");
    const auto recorded = record_change(plan, office, before, after);
    if (!recorded) return pass(recorded);
    return plan;
}

// A mailbox that enters a space brings its capacity there.
asio::awaitable<Result<void>> check_space(Order& order, const Mailbox& before, const Mailbox& after)
{
    if (before.shell == after.shell) {
        auto fits = co_await check_capacity(order, before, after.capacity);
        co_return fits;
    }
    if (before.capacity != after.capacity && !order.arguments.flag("force")) {
        const auto usage = co_await order.office.trees.usage(place_of(before));
        if (!usage) co_return pass(usage);
        const auto holds = policy::may_set_capacity(before.address, after.capacity, usage->used);
        if (!holds) co_return holds;
    }
    if (!after.shell) co_return Result<void>();
    const auto shell = order.office.registry.shell_account(*after.shell);
    if (!shell) co_return pass(shell);
    const Promise promise{.capacity = after.capacity, .changed = std::nullopt};
    auto fits = co_await check_disk_limit(order.office, **shell, promise);
    co_return fits;
}

Result<void> set_row(Office& office, directory::Changes& changes, const Mailbox& before, const Mailbox& after)
{
    const auto done = changes.set(after);
    if (!done || before.host_name == after.host_name) return done;
    return free_host_name(office, changes, before.host_name, before.customer);
}

asio::awaitable<Result<Json>> move_and_set(Order& order, const Mailbox& before, const Mailbox& after,
                                           Plan plan)
{
    auto& office = order.office;
    const auto finished = co_await finish_moves_of(office, before.id);
    if (!finished) co_return pass(finished);
    const MoveGuard guard(office, before.id);
    const directory::Move move{
        .mailbox = before.id, .from = before.shell, .to = after.shell, .since = office.clock.now()};
    const auto prepared = co_await prepare_move(office, move);
    if (!prepared) co_return pass(prepared);
    auto switched = commit(
        order, plan, [&](directory::Changes& changes) { return set_row(office, changes, before, after); });
    const auto ended = co_await end_move(office, move); // forward, or back if it did not switch
    if (ended || !switched) co_return switched;
    const auto old_place = maildir_of(place_of(before));
    plan.add("copies of its mail are still in {}, until a quota sweep can take them away: {}",
             old_place.value_or(""), ended.error().text);
    co_return answer_to(order, plan);
}

// set, suspend, resume and renew, once it is known what the mailbox becomes.
asio::awaitable<Result<Json>> change(Order& order, const Mailbox& before, const Mailbox& after)
{
    auto& office = order.office;
    const auto fits = co_await check_space(order, before, after);
    if (!fits) co_return pass(fits);
    auto plan = plan_of_set(order, before, after);
    if (!plan) co_return pass(plan);
    const bool is_anothers = order.arguments.has("password") || before.shell != after.shell;
    if (is_anothers || order.arguments.flag("revoke_app_passwords")) {
        const auto told = co_await plan_app_passwords(order, before.id, *plan);
        if (!told) co_return pass(told);
    }
    const auto revoked = co_await revoke_app_passwords(order, before.id);
    if (!revoked) co_return pass(revoked);
    auto password = order.arguments.take_secret("password");
    if (!password.empty() && !order.is_dry_run() && order.mode != Mode::rehearsal) {
        const auto keyed = co_await office.keys.set_password(before.id, std::move(password));
        if (!keyed) co_return pass(keyed);
    }
    if (before.shell != after.shell && !order.is_dry_run() && order.mode == Mode::real) {
        auto moved = co_await move_and_set(order, before, after, *plan);
        co_return moved;
    }
    co_return commit(order, *plan,
                     [&](directory::Changes& changes) { return set_row(office, changes, before, after); });
}

Result<Date> renewed_until(Order& order, const Mailbox& before)
{
    auto& office = order.office;
    const auto today = day_of(office.clock.now(), office.settings.operator_time_zone);
    if (!today) return today;
    if (const auto* const wanted = order.arguments.find<control::DateText>("until"); wanted != nullptr) {
        const auto day = Date::parse(wanted->text, *today);
        if (!day) return fail_field("until", day.error());
        return day;
    }
    const auto customer = find_customer(office, before.customer);
    if (!customer) return pass(customer);
    const auto plan = office.settings.plan(customer->plan);
    if (plan.lifetime == 0)
        return fail_field("until", {Fault::invalid, "the plan has no lifetime; say until when: --until +1y"});
    const auto from = before.validity && before.validity->until > *today ? before.validity->until : *today;
    return from.plus_days(static_cast<int>(plan.lifetime));
}

} // namespace

asio::awaitable<Result<Json>> mailbox_add(Order& order)
{
    auto& office = order.office;
    const auto& address = order.arguments.get<Address>("address");
    const auto owner = owner_of_new(order);
    if (!owner) co_return pass(owner);
    const auto placed = check_place(order, address, *owner);
    if (!placed) co_return pass(placed);
    const auto mailbox = new_mailbox(order, address, *owner);
    if (!mailbox) co_return pass(mailbox);
    if (owner->shell) {
        const Promise promise{.capacity = mailbox->capacity, .changed = std::nullopt};
        const auto fits = co_await check_disk_limit(office, *owner->shell, promise);
        if (!fits) co_return pass(fits);
    }
    const auto plan = plan_of_new(office, *mailbox, *owner);
    if (!plan) co_return pass(plan);
    if (order.is_dry_run()) co_return commit(order, *plan, {});
    auto made = co_await furnish_mailbox(order, *mailbox, *plan);
    co_return made;
}

asio::awaitable<Result<Json>> mailbox_show(Order& order)
{
    auto& office = order.office;
    const auto mailbox = find_mailbox(office, order.arguments.get<Address>("address"));
    if (!mailbox) co_return pass(mailbox);
    const auto customer = find_customer(office, mailbox->customer);
    if (!customer) co_return pass(customer);
    const auto numbers = office.settings.plan(customer->plan);
    const auto maildir = maildir_of(place_of(*mailbox));
    if (!maildir) co_return pass(maildir);
    auto host_address = show_host_address(office, mailbox->host_name);
    if (!host_address) co_return pass(host_address);
    auto card = record_of(office, *mailbox);
    if (!card) co_return pass(card);
    auto holding = co_await holding_of(office, place_of(*mailbox));
    const auto grace = mailbox->grace_days.value_or(numbers.grace_days);
    const bool expired = mailbox->validity && mailbox->validity->ends <= office.clock.now();
    card->push_back({"usage", std::move(holding.usage)});
    card->push_back({"messages", std::move(holding.messages)});
    card->push_back(
        {"purged_after",
         expired ? Json(mailbox->validity->until.plus_days(static_cast<int>(grace)).text()) : Json()});
    card->push_back({"host_address", std::move(*host_address)});
    card->push_back({"grace_days", Json::count(grace)});
    card->push_back({"notice_days", show(mailbox->notice_days.value_or(numbers.notice_days))});
    card->push_back(
        {"messages_per_hour", Json::count(mailbox->messages_per_hour.value_or(numbers.messages_per_hour))});
    card->push_back(
        {"messages_per_day", Json::count(mailbox->messages_per_day.value_or(numbers.messages_per_day))});
    card->push_back({"language", name(mailbox->language)});
    card->push_back({"maildir", *maildir});
    card->push_back({"created", show_instant(mailbox->created)});
    auto last_login = co_await last_login_of(order, mailbox->id);
    card->push_back({"last_login", std::move(last_login)});
    co_return Json(std::move(*card));
}

asio::awaitable<Result<Json>> mailbox_set(Order& order)
{
    if (order.verb.verb == "set") {
        const auto something = refuse_empty(order);
        if (!something) co_return pass(something);
    }
    const auto before = find_mailbox(order.office, order.arguments.get<Address>("address"));
    if (!before) co_return pass(before);
    const auto after = as_wanted(order, *before);
    if (!after) co_return pass(after);
    auto changed = co_await change(order, *before, *after);
    co_return changed;
}

asio::awaitable<Result<Json>> mailbox_renew(Order& order)
{
    const auto before = find_mailbox(order.office, order.arguments.get<Address>("address"));
    if (!before) co_return pass(before);
    const auto until = renewed_until(order, *before);
    if (!until) co_return pass(until);
    const auto validity = validity_until(order.office, *until);
    if (!validity) co_return pass(validity);
    auto after = *before;
    after.validity = *validity;
    auto changed = co_await change(order, *before, after);
    co_return changed;
}

Result<Json> mailbox_rename(Order& order)
{
    auto& office = order.office;
    const auto before = find_mailbox(office, order.arguments.get<Address>("address"));
    if (!before) return pass(before);
    const auto& to = order.arguments.get<Address>("to");
    const auto customer = find_customer(office, before->customer);
    if (!customer) return pass(customer);
    if (to != before->address) {
        const auto placed = check_address(order, to, *customer);
        if (!placed) return pass(placed);
    }
    if (before->shell && to.domain() != before->address.domain())
        return fail(Fault::conflict,
                    "{} is a free mailbox, and its shell account's free mailboxes live in {}",
                    before->address.show(), before->address.domain().show());
    const auto old = order.arguments.flag("keep_alias") ? OldAddress::stays_as_alias : OldAddress::goes;
    return rename_mailbox(order, *before, to, old, MadeBy::administrator);
}

asio::awaitable<Result<Json>> mailbox_remove(Order& order)
{
    const auto mailbox = find_mailbox(order.office, order.arguments.get<Address>("address"));
    if (!mailbox) co_return pass(mailbox);
    Removal removal(order, mailbox->address.text());
    const auto taken = removal.take(*mailbox);
    if (!taken) co_return pass(taken);
    auto answer = co_await removal.carry_out();
    co_return answer;
}

} // namespace metka::metkad
