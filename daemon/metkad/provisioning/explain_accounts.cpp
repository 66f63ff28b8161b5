// explain sender, limit, login and receipt.

#include <array>

#include "core/base/receipt.h"
#include "core/policy/login.h"
#include "daemon/metkad/provisioning/change.h"
#include "daemon/metkad/provisioning/explain.h"
#include "daemon/metkad/provisioning/logins.h"
#include "daemon/metkad/provisioning/verbs.h"

namespace metka::metkad {

namespace {

using control::JsonObject;
using directory::InboxRecord;
using policy::LoginPurpose;
using policy::LoginVerdict;

struct LoginRow {
    LoginVerdict verdict;
    std::string_view rule;
};
constexpr std::array<LoginRow, 3> login_rules{{
    {LoginVerdict::right, "the account is active: the right password lets it in"},
    {LoginVerdict::suspended, "the account is suspended, or what it belongs to: nobody logs in"},
    {LoginVerdict::expired, "the last day of the mailbox is over: it can be read, and nothing sent from it"},
}};

std::string name_asked(const control::InboxName& name)
{
    if (const auto* const address = std::get_if<Address>(&name)) return address->text();
    return std::get<std::string>(name);
}

// As metka-auth finds it.
Result<InboxRecord> account_named(Office& office, const std::string& name)
{
    auto found = office.registry.login(name);
    if (!found) return pass(found);
    if (!*found)
        return fail(Fault::not_found,
                    "nobody logs in as {}: it is no mailbox, no alias and no shell account; `metkactl "
                    "mailbox list` and `metkactl shell list` show all",
                    name);
    return std::move(**found);
}

LoginVerdict verdict_on(Office& office, const InboxRecord& account)
{
    return policy::judge_login(
        {.suspended = account.suspended, .valid_ends = account.valid_ends, .now = office.clock.now()});
}

Result<Decider> decider_of(Office& office, const InboxRecord& account, LoginVerdict verdict)
{
    if (verdict == LoginVerdict::suspended) return suspender_of(office, account.id);
    if (verdict == LoginVerdict::expired) return expired_mailbox(account);
    return Decider{.object = title_of(account), .remedy = ""};
}

// --- sender

// An address that could be one of ours, and whose it is.
struct Sender {
    std::optional<Address> address;
    std::string shown;
    std::optional<Domain> domain;
    std::optional<InboxRecord> owner;
};

Result<Sender> sender_of(const Order& order)
{
    auto& registry = order.office.registry;
    Sender sender{.shown = order.arguments.get<std::string>("address")};
    const auto at = sender.shown.rfind('@');
    const auto name = DomainName::parse(std::string_view(sender.shown).substr(at + 1));
    if (!name) return pass(name);
    sender.address = Address::of_recipient(std::string_view(sender.shown).substr(0, at), name->text());
    auto domain = registry.domain(*name);
    if (!domain) return pass(domain);
    sender.domain = std::move(*domain);
    if (!sender.address) return sender;
    auto found = registry.recipient(*sender.address);
    if (!found) return pass(found);
    if (*found) sender.owner = std::move((*found)->inbox);
    return sender;
}

Result<Decision> decision_on_stranger(Office& office, const Sender& sender)
{
    const auto domain = sender.domain ? fmt::format("domain {}", sender.domain->name.show()) : "";
    const auto is_protected =
        sender.domain ? office.registry.protects_senders(sender.domain->name) : Result<bool>(false);
    if (!is_protected) return pass(is_protected);
    if (*is_protected)
        return Decision{.verdict = "refused",
                        .reply = "550 5.7.1",
                        .rule = "the domain protects its senders: who sends as one of them logs in first",
                        .by = {.object = domain,
                               .remedy = fmt::format("metkactl domain set {} --protect-sender off",
                                                     sender.domain->name.show())}};
    if (!sender.domain)
        return Decision{.verdict = "accepted",
                        .reply = "250 2.1.0",
                        .rule = "senders of other domains are theirs to vouch for",
                        .by = {}};
    if (sender.domain->protects_sender)
        return Decision{.verdict = "accepted",
                        .reply = "250 2.1.0",
                        .rule = "only an active domain protects its senders",
                        .by = {.object = domain, .remedy = ""}};
    return Decision{
        .verdict = "accepted",
        .reply = "250 2.1.0",
        .rule = "the domain does not protect its senders: newsletters and forwarders send as them",
        .by = {.object = domain,
               .remedy =
                   fmt::format("metkactl domain set {} --protect-sender on", sender.domain->name.show())}};
}

Decider decider_of_others(const Sender& sender, const InboxRecord& account)
{
    const bool stands = sender.domain && sender.domain->state != DomainState::active;
    if (stands)
        return {.object = fmt::format("domain {}, which is {}", sender.domain->name.show(),
                                      name(sender.domain->state)),
                .remedy = fmt::format("metkactl domain {} {}",
                                      sender.domain->state == DomainState::pending ? "prove" : "resume",
                                      sender.domain->name.show())};
    if (sender.owner)
        return {.object = title_of(*sender.owner),
                .remedy = fmt::format("metkactl alias set {} --to {}, if it is an alias", sender.shown,
                                      account.login)};
    if (!sender.domain) return {.object = "a domain that is not here", .remedy = ""};
    return {.object = fmt::format("domain {}, where nobody has the address", sender.domain->name.show()),
            .remedy = fmt::format("metkactl alias add {} --to {}", sender.shown, account.login)};
}

Result<Decision> decision_on_login(Office& office, const Sender& sender, const InboxRecord& account)
{
    const auto verdict = verdict_on(office, account);
    if (!policy::lets_in(verdict, LoginPurpose::sending)) {
        const auto by = decider_of(office, account, verdict);
        if (!by) return pass(by);
        return Decision{.verdict = "refused",
                        .reply = "535 5.7.13",
                        .rule = login_rules.at(static_cast<std::size_t>(verdict)).rule,
                        .by = *by};
    }
    const auto may =
        sender.address ? office.registry.may_send_as(account.id, *sender.address) : Result<bool>(false);
    if (!may) return pass(may);
    if (*may)
        return Decision{.verdict = "accepted",
                        .reply = "250 2.1.0",
                        .rule = "it is an address of the account that has logged in",
                        .by = {.object = title_of(account), .remedy = ""}};
    return Decision{.verdict = "refused",
                    .reply = "553 5.7.1",
                    .rule = "who has logged in sends as an address of the same account, in an active domain",
                    .by = decider_of_others(sender, account)};
}

} // namespace

Result<Json> explain_sender(Order& order)
{
    auto& office = order.office;
    const auto sender = sender_of(order);
    if (!sender) return pass(sender);
    const auto* const login = order.arguments.find<control::InboxName>("login");
    std::optional<InboxRecord> account;
    if (login != nullptr) {
        auto found = account_named(office, name_asked(*login));
        if (!found) return pass(found);
        account = std::move(*found);
    }
    const auto decision =
        account ? decision_on_login(office, *sender, *account) : decision_on_stranger(office, *sender);
    if (!decision) return pass(decision);
    JsonObject card{{"address", sender->shown}};
    card.push_back({"login", account ? Json(account->login) : Json()});
    put(card, *decision);
    card.push_back({"belongs_to", sender->owner ? Json(sender->owner->login) : Json()});
    card.push_back({"domain_state", sender->domain ? Json(name(sender->domain->state)) : Json()});
    card.push_back({"protect_sender", sender->domain ? Json(sender->domain->protects_sender) : Json()});
    return Json(std::move(card));
}

// --- limit

namespace {

std::string decider_of_number(const std::optional<std::uint64_t>& own, const InboxRecord& account,
                              const settings::Plan& plan)
{
    return own ? title_of(account) : fmt::format("plan {}", plan.name);
}

} // namespace

asio::awaitable<Result<Json>> explain_limit(Order& order)
{
    auto& office = order.office;
    const auto account = account_named(office, name_asked(order.arguments.get<control::InboxName>("name")));
    if (!account) co_return pass(account);
    const auto sending = office.registry.sending(account->id);
    if (!sending) co_return pass(sending);
    const auto sent = co_await office.logins.sent(account->id);
    const auto own = sending->value_or(directory::SendingRecord{.plan = std::string(standard_plan)});
    const auto plan = office.settings.plan(own.plan);
    const auto noun = account->kind == directory::InboxKind::shell ? "shell" : "mailbox";
    co_return Json(JsonObject{
        {"account", account->login},
        {"plan", plan.name},
        {"messages_per_hour", Json::count(own.messages_per_hour.value_or(plan.messages_per_hour))},
        {"sent_in_hour", sent ? Json::count(sent->in_hour) : Json()},
        {"hour_decided_by", decider_of_number(own.messages_per_hour, *account, plan)},
        {"messages_per_day", Json::count(own.messages_per_day.value_or(plan.messages_per_day))},
        {"sent_in_day", sent ? Json::count(sent->in_day) : Json()},
        {"day_decided_by", decider_of_number(own.messages_per_day, *account, plan)},
        {"remedy", fmt::format("metkactl {} set {} --messages-per-hour NUMBER --messages-per-day NUMBER",
                               noun, account->login)}});
}

// --- login

namespace {

// Null: metka-auth does not say now.
asio::awaitable<Result<Json>> held_against(Office& office, InboxId account)
{
    constexpr std::size_t most_rows = 1'000;
    login::ListHeldBack question{.wanted = login::Wanted::counted, .account = account};
    const auto rows = co_await office.logins.held_back(std::move(question), most_rows);
    if (!rows) co_return Json();
    co_return show_held(office, *rows);
}

} // namespace

asio::awaitable<Result<Json>> explain_login(Order& order)
{
    auto& office = order.office;
    const auto name = name_asked(order.arguments.get<control::InboxName>("name"));
    const auto account = account_named(office, name);
    if (!account) co_return pass(account);
    const auto verdict = verdict_on(office, *account);
    const auto by = decider_of(office, *account, verdict);
    if (!by) co_return pass(by);
    const auto word = [&](LoginPurpose purpose) {
        return policy::lets_in(verdict, purpose) ? "accepted" : "refused";
    };
    JsonObject card{{"name", name},
                    {"account", account->login},
                    {"sending", word(LoginPurpose::sending)},
                    {"reading", word(LoginPurpose::reading)}};
    put(card, login_rules.at(static_cast<std::size_t>(verdict)).rule, *by);
    auto last_login = co_await last_login_of(order, account->id);
    card.push_back({"last_login", std::move(last_login)});
    const auto held = co_await held_against(office, account->id);
    if (!held) co_return pass(held);
    card.push_back({"guesses", *held});
    co_return Json(std::move(card));
}

// --- receipt

asio::awaitable<Result<Json>> explain_receipt(Order& order)
{
    const auto code = ReceiptCode::parse(order.arguments.get<std::string>("code"));
    if (!code) co_return pass(code);
    const auto refusal = co_await order.office.refusals.find(*code);
    if (!refusal)
        co_return fail(refusal.error().fault,
                       "{}; metka-smtp remembers its last refusals until it is restarted, and its log has "
                       "all of them: look there for receipt={}",
                       refusal.error().text, code->text());
    co_return Json(JsonObject{{"code", code->text()},
                              {"at", show_instant(refusal->at)},
                              {"peer", refusal->peer},
                              {"listener", refusal->listener},
                              {"session", refusal->session},
                              {"login", text_or_null(refusal->login)},
                              {"command", text_or_null(refusal->command)},
                              {"sender", text_or_null(refusal->sender)},
                              {"recipient", text_or_null(refusal->recipient)},
                              {"reply", refusal->reply},
                              {"rule", refusal->rule},
                              {"remedy", text_or_null(refusal->remedy)}});
}

} // namespace metka::metkad
