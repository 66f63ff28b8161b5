#include "tests/unit/metkad/configuration_fake.h"

#include <array>

#include "core/settings/difference.h"

namespace metka::metkad::test {

Result<settings::Loaded> ListedConfiguration::files() const
{
    const std::array sources{settings::Source{.file = "metka.yaml", .text = yaml}};
    auto loaded = settings::load(sources);
    if (!loaded) return fail(Fault::invalid, "{}", settings::show(loaded.error()));
    return std::move(*loaded);
}

std::vector<std::uint64_t> ListedConfiguration::generations() const
{
    std::vector<std::uint64_t> numbers;
    numbers.reserve(past.size() + 1);
    for (const auto& [each, settings] : past)
        numbers.push_back(each);
    numbers.push_back(number);
    return numbers;
}

Result<settings::Settings> ListedConfiguration::settings_of(std::uint64_t generation) const
{
    if (generation == number) return in_force;
    const auto found = past.find(generation);
    if (found == past.end()) return fail(Fault::not_found, "there is no generation {}", generation);
    return found->second;
}

asio::awaitable<Result<Comparison>> ListedConfiguration::check()
{
    const auto called = troubles.call("configuration.check");
    if (!called) co_return pass(called);
    co_return compare_files();
}

Result<Comparison> ListedConfiguration::compare_files() const
{
    const auto loaded = files();
    if (!loaded) return pass(loaded);
    auto meaning = settings::meaning(in_force, loaded->settings);
    return Comparison{.generation = number,
                      .meaning = meaning,
                      .hand_edits = {},
                      .text = meaning.empty() ? "" : "--- before\n+++ after\n"};
}

Result<Comparison> ListedConfiguration::compare(std::uint64_t generation) const
{
    const auto other = settings_of(generation);
    if (!other) return pass(other);
    auto meaning = settings::meaning(in_force, *other);
    return Comparison{.generation = number,
                      .meaning = meaning,
                      .hand_edits = {},
                      .text = meaning.empty() ? "" : "--- before\n+++ after\n"};
}

Result<Switched> ListedConfiguration::switch_to(std::uint64_t generation, const settings::Settings& settings,
                                                const SwitchOrder& order)
{
    Switched switched{.generation = number, .steps = settings::meaning(in_force, settings)};
    switched.steps.push_back(fmt::format("switch to generation {}", generation));
    if (order.dry_run) return switched;
    const auto called = troubles.call("configuration." + order.cause);
    if (!called) return pass(called);
    const auto noted = registry.note_switch({.id = directory::SwitchId::make(clock.now()),
                                             .at = clock.now(),
                                             .from = number,
                                             .to = generation,
                                             .actor_uid = order.uid,
                                             .actor = order.actor,
                                             .acting_as = order.acting_as,
                                             .cause = order.cause,
                                             .reason = order.reason,
                                             .outcome = "running",
                                             .message = {},
                                             .input = std::string(64, '0')});
    if (!noted) return pass(noted);
    past.insert_or_assign(number, in_force);
    in_force = settings;
    number = generation;
    switched.generation = generation;
    return switched;
}

asio::awaitable<Result<Switched>> ListedConfiguration::apply(SwitchOrder order)
{
    const auto loaded = files();
    if (!loaded) co_return pass(loaded);
    co_return switch_to(generations().back() + 1, loaded->settings, order);
}

asio::awaitable<Result<Switched>> ListedConfiguration::roll_back(std::uint64_t generation, SwitchOrder order)
{
    const auto settings = settings_of(generation);
    if (!settings) co_return pass(settings);
    co_return switch_to(generation, *settings, order);
}

Result<std::vector<directory::SwitchEntry>> ListedConfiguration::history(std::size_t most) const
{
    return registry.switches(most);
}

asio::awaitable<Result<std::int64_t>> ListedConfiguration::restart(household::Program program)
{
    const auto called = troubles.call("restart " + household::executable(program));
    if (!called) co_return pass(called);
    co_return 4711;
}

} // namespace metka::metkad::test
