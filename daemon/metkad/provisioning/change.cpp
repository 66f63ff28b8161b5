#include "daemon/metkad/provisioning/change.h"

#include "core/language/language.h"

namespace metka::metkad {

using control::Json;
using control::JsonArray;
using control::JsonObject;

void plan_change(Plan& plan, std::string_view what, const std::string& before, const std::string& after)
{
    if (before == after) return;
    if (before.empty())
        plan.add("{}: “{}”", what, after);
    else
        plan.add("{}: “{}” becomes “{}”", what, before, after);
}

Result<void> refuse_empty(const Order& order)
{
    for (const auto& parameter : order.verb.parameters)
        if (parameter.need != control::Need::key && parameter.name != "dry_run" &&
            parameter.name != "force" && order.arguments.has(parameter.name))
            return {};
    return fail(Fault::invalid, "say what to set: `metkactl {} {} --help` shows what there is",
                order.verb.noun, order.verb.verb);
}

Json answer_to(const Order& order, const Plan& plan)
{
    const auto language = order.verb.who == control::Who::self ? order.language : Language::english;
    JsonArray steps;
    for (const auto& step : plan.steps)
        steps.emplace_back(language::say(language, step));
    if (steps.empty())
        steps.emplace_back(language::say(language, phrase("{} is like that already", plan.subject)));
    return Json(JsonObject{{"done", !order.is_dry_run()}, {"steps", std::move(steps)}});
}

namespace {

// What a change made of the object, and in so many words: a row of `list` does not show all that can be set.
std::string outcome_of(const Plan& plan)
{
    if (plan.after.empty()) return "";
    auto after = plan.after;
    if (!plan.before.empty()) {
        JsonArray changes;
        for (const auto& step : plan.steps)
            changes.emplace_back(step.text());
        after.push_back({"changes", std::move(changes)});
    }
    return to_text(Json(std::move(after)));
}

} // namespace

Result<Json> commit(Order& order, const Plan& plan, const Work& work)
{
    order.is_change = !plan.steps.empty();
    if (order.is_dry_run() || plan.steps.empty()) return answer_to(order, plan);
    directory::AuditEntry entry{.at = order.office.clock.now(),
                                .actor_uid = order.caller.uid,
                                .actor = order.caller.name,
                                .acting_as = order.caller.acting_as,
                                .verb = order.verb.method(),
                                .subject = plan.subject,
                                .before = plan.before.empty() ? "" : to_text(Json(plan.before)),
                                .after = outcome_of(plan)};
    const auto changed = order.office.registry.change(entry, work);
    if (!changed) return pass(changed);
    return answer_to(order, plan);
}

Standing wanted_standing(const Order& order, Standing now)
{
    if (order.verb.verb == "suspend") return Standing::suspended;
    if (order.verb.verb == "resume") return Standing::active;
    const auto* const state = order.arguments.find<std::string>("state");
    if (state == nullptr) return now;
    return *state == name(Standing::suspended) ? Standing::suspended : Standing::active;
}

Language wanted_language(const Order& order, Language now)
{
    const auto* const wanted = order.arguments.find<std::string>("language");
    return wanted != nullptr ? language_named(*wanted).value_or(now) : now;
}

std::optional<std::uint64_t> wanted_number(const Order& order, std::string_view parameter,
                                           std::optional<std::uint64_t> now)
{
    const auto* const wanted = order.arguments.find<control::NumberOverride>(parameter);
    return wanted != nullptr ? wanted->own : now;
}

void plan_sending(Plan& plan, const SendingNumbers& before, const SendingNumbers& after,
                  const settings::Plan& of_plan)
{
    plan_change(plan, "messages an hour", show_override(before.messages_per_hour, of_plan.messages_per_hour),
                show_override(after.messages_per_hour, of_plan.messages_per_hour));
    plan_change(plan, "messages a day", show_override(before.messages_per_day, of_plan.messages_per_day),
                show_override(after.messages_per_day, of_plan.messages_per_day));
}

std::string show_override(const std::optional<std::uint64_t>& own, std::uint64_t of_plan)
{
    return own ? fmt::to_string(*own) : fmt::format("plan: {}", of_plan);
}

} // namespace metka::metkad
