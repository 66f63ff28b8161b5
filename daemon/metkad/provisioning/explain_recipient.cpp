// explain recipient: the same questions in the same order as metka-smtp asks at RCPT, and then the room.

#include <array>

#include "core/directory/reception.h"
#include "core/policy/delivery.h"
#include "core/policy/lifetime.h"
#include "daemon/metkad/provisioning/explain.h"
#include "daemon/metkad/provisioning/spaces.h"
#include "daemon/metkad/provisioning/verbs.h"

namespace metka::metkad {

namespace {

using control::JsonObject;
using directory::InboxRecord;
using directory::Reception;
using policy::Delivery;

struct Question {
    std::string local;
    std::string domain;
    std::optional<DomainName> ours; // a domain name that could be one of ours
    Reception reception;
};

struct DeliveryRow {
    Delivery verdict;
    std::string_view word;
    std::string_view reply;
    std::string_view rule;
};
constexpr std::array<DeliveryRow, 6> rules{{
    {Delivery::accepted, "accepted", "250 2.1.5", "an active domain, an account that may receive, and room"},
    {Delivery::not_ours, "refused", "550 5.7.1", "mail is taken for active domains of this machine only"},
    {Delivery::domain_suspended, "later", "450 4.2.1", "the domain is suspended: mail waits at its senders"},
    {Delivery::unknown, "refused", "550 5.1.1", "no mailbox, alias or shell account has this address"},
    {Delivery::suspended, "later", "450 4.2.1",
     "the account is suspended, or what it belongs to: mail waits at its senders"},
    {Delivery::expired, "refused", "550 5.2.1", "the last day of the mailbox is over"},
}};

// What has to have room for a message: its mailbox, and the space in which that lies.
struct Room {
    std::string of;
    Bytes used;
    Capacity limit;
    std::string remedy;

    bool is_full() const { return limit && used >= *limit; }
};

Result<Question> question_of(const Order& order)
{
    const auto& text = order.arguments.get<std::string>("address");
    const auto at = text.rfind('@');
    Question question{.local = text.substr(0, at), .domain = text.substr(at + 1)};
    const auto name = DomainName::parse(question.domain);
    if (name) question.ours = *name;
    auto& office = order.office;
    auto reception = directory::receive(
        office.registry, {.local = question.local, .domain = name ? name->text() : question.domain},
        office.settings.operator_inbox);
    if (!reception) return pass(reception);
    question.reception = std::move(*reception);
    return question;
}

Decider decider_of_foreign(const Question& question)
{
    const auto shown = question.ours ? question.ours->show() : question.domain;
    if (question.reception.record)
        return {.object = fmt::format("domain {}, which is pending", shown),
                .remedy = fmt::format("metkactl domain prove {}", shown)};
    return {.object = fmt::format("domain {}, which is not here", shown),
            .remedy = fmt::format("metkactl domain add {} --customer NAME", shown)};
}

Result<Decider> decider_of(Office& office, const Question& question, Delivery verdict)
{
    if (verdict == Delivery::not_ours) return decider_of_foreign(question);
    const auto domain = fmt::format("domain {}", question.ours ? question.ours->show() : "");
    if (verdict == Delivery::domain_suspended)
        return Decider{.object = domain,
                       .remedy = fmt::format("metkactl domain resume {}", question.ours->show())};
    if (verdict == Delivery::unknown)
        return Decider{.object = domain,
                       .remedy = fmt::format("metkactl mailbox add {0}@{1}, or metkactl alias add {0}@{1}",
                                             question.local, question.ours->show())};
    const auto& inbox = *question.reception.record->inbox;
    if (verdict == Delivery::suspended) return suspender_of(office, inbox.id);
    if (verdict == Delivery::expired) return expired_mailbox(inbox);
    return Decider{.object = title_of(inbox), .remedy = ""};
}

asio::awaitable<Result<std::vector<Room>>> rooms_of(Office& office, const InboxRecord& inbox)
{
    std::vector<Room> rooms;
    const auto mailbox = office.registry.mailbox(inbox.id);
    if (!mailbox) co_return pass(mailbox);
    if (*mailbox) {
        const auto usage = co_await office.trees.usage(place_of(**mailbox));
        if (!usage) co_return pass(usage);
        rooms.push_back({.of = title_of(inbox),
                         .used = usage->used,
                         .limit = inbox.capacity,
                         .remedy = fmt::format("metkactl mailbox set {} --capacity SIZE", inbox.login)});
    }
    if (!inbox.shell) co_return rooms;
    const auto shell = office.registry.shell_account(*inbox.shell);
    if (!shell) co_return pass(shell);
    if (!*shell) co_return rooms;
    const auto use = co_await use_of(office, **shell);
    if (!use) co_return pass(use);
    rooms.push_back({.of = fmt::format("shell account {}", (*shell)->login),
                     .used = use->all(),
                     .limit = (*shell)->disk_limit,
                     .remedy = fmt::format("metkactl shell set {} --disk-limit SIZE", (*shell)->login)});
    co_return rooms;
}

Decision with_room(Decision decision, const std::vector<Room>& rooms)
{
    for (const auto& room : rooms)
        if (room.is_full())
            return {.verdict = "later",
                    .reply = "452 4.2.2",
                    .rule = "what it holds has reached what it may hold: mail waits at its senders",
                    .by = {.object = room.of, .remedy = room.remedy}};
    return decision;
}

std::string_view way_to(const Question& question, const InboxRecord& inbox, bool is_alias)
{
    if (question.reception.is_for_operator) return "operator";
    if (is_alias) return "alias";
    const auto asked = Address::of_recipient(question.local, question.ours->text());
    return asked && asked->text() == inbox.login ? "primary" : "host name";
}

Json show_rooms(const std::vector<Room>& rooms)
{
    control::JsonArray rows;
    for (const auto& room : rooms)
        rows.emplace_back(JsonObject{
            {"of", room.of}, {"used", Json::count(room.used.count)}, {"limit", show_capacity(room.limit)}});
    return Json(std::move(rows));
}

// Where it leads, and in which state that is.
Result<void> put_inbox(JsonObject& card, Office& office, const Question& question)
{
    const auto& record = question.reception.record;
    const auto* const inbox = record && record->inbox ? &*record->inbox : nullptr;
    Json by;
    Json state;
    std::optional<Mailbox> mailbox;
    if (inbox != nullptr) {
        const auto address = Address::of_recipient(question.local, question.ours->text());
        const auto alias =
            address ? office.registry.alias(*address) : Result<std::optional<Alias>>(std::nullopt);
        if (!alias) return pass(alias);
        auto found = office.registry.mailbox(inbox->id);
        if (!found) return pass(found);
        mailbox = std::move(*found);
        by = Json(way_to(question, *inbox, alias->has_value()));
        state = Json(policy::state_of(inbox->suspended ? Standing::suspended : Standing::active,
                                      mailbox ? mailbox->validity : std::nullopt, office.clock.now()));
    }
    card.push_back({"leads_to", inbox != nullptr ? Json(inbox->login) : Json()});
    card.push_back({"by", std::move(by)});
    card.push_back({"domain", record ? Json(question.ours->text()) : Json()});
    card.push_back({"domain_state", record ? Json(name(record->domain)) : Json()});
    card.push_back({"state", std::move(state)});
    card.push_back(
        {"valid_until", mailbox && mailbox->validity ? Json(mailbox->validity->until.text()) : Json()});
    return {};
}

} // namespace

asio::awaitable<Result<Json>> explain_recipient(Order& order)
{
    auto& office = order.office;
    const auto question = question_of(order);
    if (!question) co_return pass(question);
    const auto& record = question->reception.record;
    const auto verdict = policy::judge_delivery(directory::facts_of(record), office.clock.now());
    const auto& row = rules.at(static_cast<std::size_t>(verdict));
    const auto decider = decider_of(office, *question, verdict);
    if (!decider) co_return pass(decider);
    Decision decision{.verdict = row.word, .reply = row.reply, .rule = row.rule, .by = *decider};
    std::vector<Room> rooms;
    if (record && record->inbox) {
        auto found = co_await rooms_of(office, *record->inbox);
        if (!found) co_return pass(found);
        rooms = std::move(*found);
    }
    if (verdict == Delivery::accepted) decision = with_room(std::move(decision), rooms);
    JsonObject card{{"address", order.arguments.get<std::string>("address")}};
    put(card, decision);
    const auto whole = put_inbox(card, office, *question);
    if (!whole) co_return pass(whole);
    card.push_back({"room", show_rooms(rooms)});
    co_return Json(std::move(card));
}

} // namespace metka::metkad
