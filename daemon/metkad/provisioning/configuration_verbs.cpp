// config, engine, daemon: the configuration of the instance, and its programs.

#include <algorithm>

#include "core/base/text.h"
#include "core/settings/listing.h"
#include "daemon/metkad/configuration/configuration.h"
#include "daemon/metkad/provisioning/change.h"
#include "daemon/metkad/provisioning/verbs.h"

namespace metka::metkad {

namespace {

using control::Json;
using control::JsonArray;
using control::JsonObject;
using settings::Shown;

constexpr std::uint64_t usual_history = 100;
constexpr std::uint64_t most_history = 10'000;

Json sentences(const std::vector<std::string>& lines)
{
    JsonArray list;
    for (const auto& line : lines)
        list.emplace_back(line);
    return Json(std::move(list));
}

SwitchOrder switch_order(const Order& order, std::string cause)
{
    const auto* const reason = order.arguments.find<std::string>("reason");
    return {.uid = order.caller.uid,
            .actor = order.caller.name,
            .acting_as = order.caller.acting_as,
            .cause = std::move(cause),
            .reason = reason != nullptr ? *reason : std::string(),
            .force = order.arguments.flag("force"),
            .dry_run = order.is_dry_run()};
}

Result<Json> answer_to_switch(const Order& order, const Result<Switched>& switched)
{
    if (!switched) return pass(switched);
    return Json(JsonObject{{"done", !order.is_dry_run()},
                           {"steps", sentences(switched->steps)},
                           {"generation", Json::count(switched->generation)}});
}

// --- config show

enum class Layer { fallback, set, effective };

Result<Layer> wanted_layer(const Order& order)
{
    const bool fallback = order.arguments.flag("default");
    const bool set = order.arguments.flag("set");
    const bool effective = order.arguments.flag("effective");
    if (int{fallback} + int{set} + int{effective} > 1)
        return fail_field("default", {Fault::invalid, "say one of --default, --set and --effective"});
    if (fallback) return Layer::fallback;
    return set ? Layer::set : Layer::effective;
}

bool is_asked_for(const Shown& shown, std::string_view of)
{
    return of.empty() || shown.key == of || (shown.key.starts_with(of) && shown.key[of.size()] == '.');
}

JsonObject row_of(const Shown& shown, Layer layer, std::string_view origin)
{
    return {{"key", shown.key},
            {"value", layer == Layer::fallback ? shown.fallback : shown.value},
            {"origin", origin}};
}

// A value that is neither set nor the default follows from others: the host's name, the operator's inbox.
std::string origin_of(const Shown& shown)
{
    if (!shown.origin.empty()) return shown.origin;
    return shown.value == shown.fallback ? "default" : "made by metkad";
}

std::unexpected<Error> no_such_key(std::string_view of, const std::vector<Shown>& all)
{
    std::vector<std::string_view> keys;
    for (const auto& shown : all)
        keys.push_back(shown.key);
    const auto near = nearest(of, keys);
    return fail_field("of",
                      {Fault::not_found, fmt::format("there is no setting “{}”{}", escaped(of, 80),
                                                     near ? fmt::format("; the nearest is {}", *near)
                                                          : std::string("; metka.yaml(5) lists them all"))});
}

Result<Json> show_generation(const Order& order, std::uint64_t number, Layer layer)
{
    const auto settings = order.office.configuration.settings_of(number);
    if (!settings) return pass(settings);
    JsonArray rows;
    for (const auto& shown : settings::listing(*settings, {})) {
        const bool is_set = shown.value != shown.fallback;
        if (layer != Layer::set || is_set)
            rows.emplace_back(row_of(shown, layer, is_set ? "set" : "default"));
    }
    return Json(std::move(rows));
}

Result<Json> show_files(const Order& order, std::string_view of, Layer layer)
{
    const auto loaded = order.office.configuration.files();
    if (!loaded) return pass(loaded);
    const auto all = settings::listing(loaded->settings, loaded->origins);
    const bool with_origin = order.arguments.flag("origin");
    if (!of.empty() && std::ranges::none_of(all, [&](const Shown& shown) { return is_asked_for(shown, of); }))
        return no_such_key(of, all);
    JsonArray rows;
    for (const auto& shown : all) {
        const bool left_out = layer == Layer::set && shown.origin.empty();
        if (!is_asked_for(shown, of) || left_out) continue;
        rows.emplace_back(row_of(shown, layer, with_origin ? origin_of(shown) : std::string()));
    }
    return Json(std::move(rows));
}

JsonObject row_of(const directory::SwitchEntry& entry)
{
    return {{"generation", Json::count(entry.to)},
            {"before", entry.from > 0 ? Json::count(entry.from) : Json()},
            {"at", show_instant(entry.at)},
            {"actor", entry.actor},
            {"cause", entry.cause},
            {"reason", entry.reason},
            {"outcome", entry.outcome},
            {"message", entry.message}};
}

} // namespace

asio::awaitable<Result<Json>> config_check(Order& order)
{
    auto& configuration = order.office.configuration;
    const auto checked = co_await configuration.check();
    if (!checked) co_return pass(checked);
    auto meaning = checked->hand_edits;
    meaning.insert(meaning.end(), checked->meaning.begin(), checked->meaning.end());
    co_return Json(JsonObject{{"files", sentences(configuration.file_names())},
                              {"generation", Json::count(checked->generation)},
                              {"differs", checked->differs()},
                              {"meaning", sentences(meaning)}});
}

Result<Json> config_show(Order& order)
{
    const auto layer = wanted_layer(order);
    if (!layer) return pass(layer);
    const auto* const of = order.arguments.find<std::string>("of");
    const auto number = of != nullptr ? parse_number(*of) : std::nullopt;
    if (number) return show_generation(order, *number, *layer);
    return show_files(order, of != nullptr ? *of : std::string(), *layer);
}

Result<Json> config_diff(Order& order)
{
    auto& configuration = order.office.configuration;
    const auto* const number = order.arguments.find<std::uint64_t>("generation");
    const auto comparison =
        number != nullptr ? configuration.compare(*number) : configuration.compare_files();
    if (!comparison) return pass(comparison);
    return Json(JsonObject{{"differs", comparison->differs()},
                           {"generation", Json::count(comparison->generation)},
                           {"meaning", sentences(comparison->meaning)},
                           {"hand_edits", sentences(comparison->hand_edits)},
                           {"text", comparison->text}});
}

asio::awaitable<Result<Json>> config_apply(Order& order)
{
    const auto switched = co_await order.office.configuration.apply(switch_order(order, "apply"));
    co_return answer_to_switch(order, switched);
}

Result<Json> config_history(Order& order)
{
    const auto* const most = order.arguments.find<std::uint64_t>("most");
    const auto history =
        order.office.configuration.history(std::min(most != nullptr ? *most : usual_history, most_history));
    if (!history) return pass(history);
    JsonArray rows;
    for (const auto& entry : *history)
        rows.emplace_back(row_of(entry));
    return Json(std::move(rows));
}

asio::awaitable<Result<Json>> config_rollback(Order& order)
{
    const auto number = order.arguments.get<std::uint64_t>("generation");
    const auto switched =
        co_await order.office.configuration.roll_back(number, switch_order(order, "rollback"));
    co_return answer_to_switch(order, switched);
}

asio::awaitable<Result<Json>> engine_restart(Order& order)
{
    const auto& name = order.arguments.get<std::string>("program");
    const auto program = household::program_named(name);
    if (!program)
        co_return fail(Fault::internal, "the table knows a program {} that the household does not", name);
    JsonObject answer{{"done", !order.is_dry_run()},
                      {"steps", sentences({fmt::format("start {} anew", household::executable(*program))})},
                      {"pid", Json()}};
    if (order.is_dry_run()) co_return Json(std::move(answer));
    const auto pid = co_await order.office.configuration.restart(*program);
    if (!pid) co_return pass(pid);
    answer.back().value = *pid;
    co_return Json(std::move(answer));
}

asio::awaitable<Result<Json>> daemon_reload(Order& order)
{
    const auto switched = co_await order.office.configuration.apply(switch_order(order, "reload"));
    co_return answer_to_switch(order, switched);
}

} // namespace metka::metkad
