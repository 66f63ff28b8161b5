#include "daemon/metkad/provisioning/change.h"

namespace metka::metkad {

using control::Json;
using control::JsonArray;
using control::JsonObject;

void plan_change(Plan& plan, std::string_view what, const std::string& before, const std::string& after)
{
    if (before == after) return;
    plan.steps.push_back(before.empty() ? fmt::format("{}: “{}”", what, after)
                                        : fmt::format("{}: “{}” becomes “{}”", what, before, after));
}

Result<void> refuse_empty(const Order& order)
{
    for (const auto& parameter : order.verb.parameters)
        if (parameter.need != control::Need::key && parameter.name != "dry_run" &&
            order.arguments.has(parameter.name))
            return {};
    return fail(Fault::invalid, "say what to set: `metkactl {} {} --help` shows what there is",
                order.verb.noun, order.verb.verb);
}

Json answer_to(const Order& order, const Plan& plan)
{
    JsonArray steps;
    for (const auto& step : plan.steps)
        steps.emplace_back(step);
    if (steps.empty()) steps.emplace_back(fmt::format("{} is like that already", plan.subject));
    return Json(JsonObject{{"done", !order.is_dry_run()}, {"steps", std::move(steps)}});
}

Result<Json> commit(Order& order, const Plan& plan,
                    const std::function<Result<void>(directory::Changes&)>& work)
{
    if (order.is_dry_run() || plan.steps.empty()) return answer_to(order, plan);
    directory::AuditEntry entry{.at = order.office.clock.now(),
                                .actor_uid = order.caller.uid,
                                .actor = order.caller.name,
                                .acting_as = {},
                                .verb = order.verb.method(),
                                .subject = plan.subject,
                                .before = plan.before.empty() ? "" : to_text(Json(plan.before)),
                                .after = plan.after.empty() ? "" : to_text(Json(plan.after))};
    const auto changed = order.office.registry.change(entry, work);
    if (!changed) return pass(changed);
    return answer_to(order, plan);
}

Standing wanted_standing(const Order& order, Standing now)
{
    const auto* const state = order.arguments.find<std::string>("state");
    if (state == nullptr) return now;
    return *state == name(Standing::suspended) ? Standing::suspended : Standing::active;
}

} // namespace metka::metkad
