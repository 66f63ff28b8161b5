#include "core/base/version.h"
#include "daemon/metkad/engine/household.h"
#include "daemon/metkad/provisioning/verbs.h"

namespace metka::metkad {

namespace {

Json row_of(const ProgramState& program)
{
    return Json(control::JsonObject{{"name", program.name},
                                    {"pid", program.pid > 0 ? Json(std::int64_t{program.pid}) : Json()},
                                    {"state", program.state},
                                    {"restarts", Json::count(program.restarts)},
                                    {"generation", Json::count(program.generation)},
                                    {"missing", fmt::format("{}", fmt::join(program.missing, ", "))}});
}

template <class T>
Result<void> count(control::JsonObject& card, std::string field, const Result<std::vector<T>>& all)
{
    if (!all) return pass(all);
    card.push_back({std::move(field), Json::count(all->size())});
    return {};
}

} // namespace

Result<Json> status_show(Order& order)
{
    auto& office = order.office;
    const auto up = std::chrono::floor<std::chrono::seconds>(office.clock.now() - office.started);
    control::JsonObject card{{"version", version},
                             {"instance", office.settings.state_folder},
                             {"uptime", std::int64_t{up.count()}}};
    auto& registry = office.registry;
    const std::array counted{
        count(card, "customers", registry.customers()), count(card, "domains", registry.domains()),
        count(card, "shells", registry.shell_accounts()), count(card, "mailboxes", registry.mailboxes()),
        count(card, "aliases", registry.aliases())};
    for (const auto& each : counted)
        if (!each) return pass(each);
    control::JsonArray programs;
    for (const auto& program : office.programs())
        programs.push_back(row_of(program));
    card.push_back({"programs", std::move(programs)});
    return Json(std::move(card));
}

Result<Json> version_show(Order&)
{
    return Json(control::JsonObject{{"version", version}});
}

} // namespace metka::metkad
