#include "daemon/metkad/configuration/instance_configuration.h"

#include <algorithm>

#include "core/settings/difference.h"
#include "core/sys/log.h"
#include "daemon/metkad/configuration/instance_files.h"
#include "daemon/metkad/configuration/sources.h"
#include "daemon/metkad/engine/rehearsal.h"

namespace metka::metkad {

namespace {

using directory::SwitchEntry;

constexpr std::string_view files_side = "wanted"; // what a comparison calls the files

std::vector<std::string> restart_keys(const settings::Settings& before, const settings::Settings& after)
{
    std::vector<std::string> keys;
    for (const auto& change : settings::changes(before, after))
        if (change.needs_restart) keys.push_back(change.key);
    return keys;
}

// The two places where an engine file says of which generation it is: its first line, and the key.
void renumber(std::string& content, std::uint64_t from, std::uint64_t to)
{
    for (const auto* const form : {", generation {}.", "\ngeneration: {}\n"}) {
        const auto old = fmt::format(fmt::runtime(form), from);
        const auto place = content.find(old);
        if (place != std::string::npos)
            content.replace(place, old.size(), fmt::format(fmt::runtime(form), to));
    }
}

// What an order would do, or does: the hand edits that --force drops are part of it.
std::vector<std::string> steps_of(const Comparison& comparison)
{
    std::vector<std::string> steps;
    steps.reserve(comparison.hand_edits.size() + comparison.meaning.size());
    for (const auto& edit : comparison.hand_edits)
        steps.push_back(edit + "; what was changed there is dropped");
    steps.insert(steps.end(), comparison.meaning.begin(), comparison.meaning.end());
    return steps;
}

std::unexpected<Error> refuse_restart_keys(const std::vector<std::string>& keys)
{
    return fail(Fault::conflict, "{} cannot change while metkad runs; restart metkad to change {}",
                fmt::format("{}", fmt::join(keys, ", ")), keys.size() == 1 ? "it" : "them");
}

} // namespace

InstanceConfiguration::InstanceConfiguration(Premises premises, const Chosen& chosen)
    : config_(std::move(premises.config)),
      changing_(std::move(premises.changing)),
      registry_(premises.registry),
      clock_(premises.clock),
      running_(chosen.generation),
      remark_(chosen.remark),
      is_about_files_(!chosen.is_new)
{
}

// --- what there is
// -----------------------------------------------------------------------------------------------------------

Result<settings::Loaded> InstanceConfiguration::files() const
{
    return load_instance(config_);
}

std::vector<std::string> InstanceConfiguration::file_names() const
{
    std::vector<std::string> names;
    const auto sources = read_sources(config_);
    if (!sources) return names;
    for (const auto& source : *sources)
        names.push_back(source.file);
    return names;
}

Result<settings::Settings> InstanceConfiguration::settings_of(std::uint64_t number) const
{
    if (number == running_.number) return changing_.in_force;
    const auto generation = changing_.generations.read(number);
    if (!generation) return pass(generation);
    return settings_in(*generation);
}

// Somebody may have put them back since they were refused.
bool InstanceConfiguration::files_say_what_runs() const
{
    const auto loaded = files();
    return loaded && make_generation(*loaded, running_.number).files == running_.files;
}

std::vector<std::string> InstanceConfiguration::problems() const
{
    auto problems = changing_.certificates.problems();
    if (!remark_.empty() && !(is_about_files_ && files_say_what_runs())) problems.push_back(remark_);
    for (auto& edit : changing_.generations.hand_edits(running_.number))
        problems.push_back(std::move(edit));
    return problems;
}

Result<std::vector<SwitchEntry>> InstanceConfiguration::history(std::size_t most) const
{
    return registry_.switches(most);
}

// --- comparing
// ---------------------------------------------------------------------------------------------------------------

// Both under the number of the one that runs: which number it is would differ always, and says nothing.
Comparison InstanceConfiguration::compare_with(const Generation& other, const settings::Settings& settings,
                                               std::string_view called) const
{
    Comparison comparison{.generation = running_.number,
                          .meaning = settings::meaning(changing_.in_force, settings),
                          .hand_edits = changing_.generations.hand_edits(running_.number),
                          .text = {}};
    for (const auto& [path, content] : running_.files) {
        const auto found = other.files.find(path);
        const auto& now = found != other.files.end() ? found->second : std::string();
        comparison.text +=
            settings::unified(content, now, fmt::format("generation {}/{}", running_.number, path),
                              fmt::format("{}/{}", called, path));
    }
    return comparison;
}

Result<Comparison> InstanceConfiguration::compare_files() const
{
    const auto loaded = files();
    if (!loaded) return pass(loaded);
    return compare_with(make_generation(*loaded, running_.number), loaded->settings, files_side);
}

Result<Comparison> InstanceConfiguration::compare(std::uint64_t number) const
{
    auto generation = changing_.generations.read(number);
    if (!generation) return pass(generation);
    auto settings = settings_in(*generation);
    if (!settings) return pass(settings);
    for (auto& [path, content] : generation->files)
        renumber(content, number, running_.number);
    return compare_with(*generation, *settings, fmt::format("generation {}", number));
}

asio::awaitable<Result<Comparison>> InstanceConfiguration::check()
{
    const auto loaded = files();
    if (!loaded) co_return pass(loaded);
    const auto readable = read_certificates(loaded->settings);
    if (!readable) co_return std::unexpected(of_settings(readable.error()));
    const auto wanted = make_generation(*loaded, running_.number);
    auto places = places_of(wanted, changing_.in_force);
    if (!places) co_return pass(places);
    const std::string beside_metkad;
    const auto checked = co_await have_checked(std::move(*places), beside_metkad);
    if (!checked) co_return pass(checked);
    co_return compare_files();
}

// --- switching
// ---------------------------------------------------------------------------------------------------------------

Result<void> InstanceConfiguration::may_apply(const Comparison& comparison, const settings::Settings& wanted,
                                              const SwitchOrder& order) const
{
    const auto fixed = restart_keys(changing_.in_force, wanted);
    if (!fixed.empty()) return refuse_restart_keys(fixed);
    if (!comparison.hand_edits.empty() && !order.force)
        return fail(
            Fault::conflict,
            "{}; what is to last belongs into {}. --force makes a new generation without those changes",
            fmt::format("{}", fmt::join(comparison.hand_edits, "; ")), config_);
    return {};
}

asio::awaitable<Result<Switched>> InstanceConfiguration::apply(SwitchOrder order)
{
    auto loaded = files();
    if (!loaded) co_return pass(loaded);
    const auto number = next_number(changing_.generations, registry_);
    if (!number) co_return pass(number);
    auto generation = make_generation(*loaded, *number);
    const auto comparison =
        compare_with(make_generation(*loaded, running_.number), loaded->settings, files_side);
    const auto allowed = may_apply(comparison, loaded->settings, order);
    if (!allowed) co_return pass(allowed);
    if (!comparison.differs()) {
        remark_.clear();
        Switched same{.generation = running_.number,
                      .steps = {fmt::format("generation {} is what the files say: nothing to switch",
                                            running_.number)}};
        if (order.dry_run) co_return same;
        const auto renewed = co_await changing_.certificates.look_now();
        if (!renewed) co_return std::unexpected(of_settings(renewed.error()));
        same.steps.emplace_back("the certificates are read again");
        co_return same;
    }
    Target target{.generation = std::move(generation), .loaded = std::move(*loaded), .is_new = true};
    auto switched = co_await switch_to(std::move(target), std::move(order), steps_of(comparison));
    co_return switched;
}

asio::awaitable<Result<Switched>> InstanceConfiguration::roll_back(std::uint64_t number, SwitchOrder order)
{
    if (number == running_.number)
        co_return fail(Fault::conflict,
                       "generation {} runs already; `metkactl config history` has the others", number);
    auto generation = changing_.generations.read(number);
    if (!generation) co_return pass(generation);
    auto settings = settings_in(*generation);
    if (!settings) co_return pass(settings);
    const auto fixed = restart_keys(changing_.in_force, *settings);
    if (!fixed.empty()) co_return refuse_restart_keys(fixed);
    auto meaning = settings::meaning(changing_.in_force, *settings);
    Target target{.generation = std::move(*generation),
                  .loaded = {.settings = std::move(*settings), .origins = {}},
                  .is_new = false};
    auto switched = co_await switch_to(std::move(target), std::move(order), std::move(meaning));
    co_return switched;
}

std::string InstanceConfiguration::input_of_files() const
{
    const auto loaded = files();
    return loaded ? make_generation(*loaded, running_.number).input() : std::string();
}

SwitchEntry InstanceConfiguration::entry_for(const Target& target, const SwitchOrder& order) const
{
    const auto now = clock_.now();
    return {.id = directory::SwitchId::make(now),
            .at = now,
            .from = running_.number,
            .to = target.generation.number,
            .actor_uid = order.uid,
            .actor = order.actor,
            .acting_as = order.acting_as,
            .cause = order.cause,
            .reason = order.reason,
            .outcome = "begun",
            .message = {},
            .input = target.is_new ? target.generation.input() : input_of_files()};
}

asio::awaitable<Result<Switched>> InstanceConfiguration::switch_to(Target target, SwitchOrder order,
                                                                   std::vector<std::string> steps)
{
    steps.push_back(fmt::format("switch to generation {}", target.generation.number));
    if (order.dry_run) co_return Switched{.generation = running_.number, .steps = std::move(steps)};
    auto entry = entry_for(target, order);
    const auto noted = registry_.note_switch(entry);
    if (!noted) co_return pass(noted);
    const Target before{
        .generation = running_, .loaded = {.settings = changing_.in_force, .origins = {}}, .is_new = false};
    const auto changed = co_await change_over(changing_, target, before);
    entry.outcome = changed ? "running" : "refused";
    const auto why = changed ? Error() : of_settings(changed.error());
    entry.message = why.text;
    const auto closed = registry_.note_switch(entry);
    if (!closed) sys::log(sys::Level::error, "generation.unnoted", {{"why", closed.error().text}});
    if (!changed) {
        if (target.is_new) changing_.generations.remove(target.generation.number); // it never ran
        sys::log(sys::Level::error, "generation.refused",
                 {{"number", target.generation.number}, {"why", why.text}});
        is_about_files_ = true;
        remark_ = fmt::format("generation {} runs; what metka.yaml says was refused: {}", running_.number,
                              why.text);
        co_return std::unexpected(why);
    }
    sys::log(sys::Level::info, "generation.current",
             {{"number", target.generation.number}, {"by", order.actor}, {"cause", order.cause}});
    changing_.generations.prune(target.loaded.settings.state_generations, running_.number);
    remark_.clear();
    is_about_files_ = true;
    if (!target.is_new)
        remark_ = fmt::format(
            "generation {} runs since a rollback; `metkactl config diff` shows how the files differ",
            target.generation.number);
    running_ = std::move(target.generation);
    co_return Switched{.generation = running_.number, .steps = std::move(steps)};
}

asio::awaitable<Result<std::int64_t>> InstanceConfiguration::restart(household::Program program)
{
    const auto pid = co_await changing_.household.restart(program);
    if (!pid) co_return pass(pid);
    co_return std::int64_t{*pid};
}

} // namespace metka::metkad
