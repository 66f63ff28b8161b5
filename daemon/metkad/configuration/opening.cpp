#include "daemon/metkad/configuration/opening.h"

#include <algorithm>

namespace metka::metkad {

namespace {

using directory::SwitchEntry;

constexpr std::size_t remembered = 1000; // switches looked back at

Result<void> close_cut_off(directory::Registry& registry, SwitchEntry& entry,
                           std::optional<std::uint64_t> current)
{
    const bool arrived = current == entry.to;
    entry.outcome = arrived ? "running" : "cut off";
    entry.message =
        arrived ? "metkad ended on the way, and began with it again" : "metkad ended before it was in force";
    return registry.note_switch(entry);
}

// The newest word on these files.
const SwitchEntry* last_about(const std::vector<SwitchEntry>& history, const std::string& input)
{
    const auto found = std::ranges::find(history, input, &SwitchEntry::input);
    return found != history.end() ? &*found : nullptr;
}

// A rollback counts until something else has come into force.
bool is_set_aside(const SwitchEntry& entry, const std::vector<SwitchEntry>& history)
{
    if (entry.outcome == "refused") return true;
    const auto newest = std::ranges::find(history, "running", &SwitchEntry::outcome);
    return entry.cause == "rollback" && newest != history.end() && newest->id == entry.id;
}

std::string remark_on(const SwitchEntry& entry, std::uint64_t running)
{
    if (entry.cause == "rollback")
        return fmt::format(
            "generation {} runs since a rollback, not what metka.yaml says; `metkactl config diff` "
            "shows the difference, `metkactl config apply` takes it",
            running);
    return fmt::format("generation {} runs, not what metka.yaml says, which was refused: {}", running,
                       entry.message);
}

} // namespace

Result<settings::Settings> settings_in(const Generation& generation)
{
    auto loaded = settings::load(generation.engine_file(settings::Reader::metkad),
                                 fmt::format("generation {}", generation.number), settings::Reader::metkad);
    if (!loaded) return fail(Fault::invalid, "{}", settings::show(loaded.error()));
    return std::move(*loaded);
}

Result<std::uint64_t> next_number(const Generations& generations, directory::Registry& registry)
{
    const auto history = registry.switches(remembered);
    if (!history) return pass(history);
    auto next = generations.next();
    for (const auto& entry : *history)
        next = std::max(next, entry.to + 1);
    return next;
}

Result<Chosen> choose_generation(const settings::Loaded& files, const Generations& generations,
                                 directory::Registry& registry)
{
    auto history = registry.switches(remembered);
    if (!history) return pass(history);
    const auto current = generations.current();
    std::optional<std::uint64_t> cut_off_from;
    if (!history->empty() && history->front().outcome == "begun") {
        const auto closed = close_cut_off(registry, history->front(), current);
        if (!closed) return pass(closed);
        if (history->front().to == current && history->front().from != 0)
            cut_off_from = history->front().from;
    }
    const auto running =
        current ? generations.read(*current) : fail(Fault::not_found, "no generation has run yet");
    if (running) {
        const auto same = make_generation(files, running->number);
        if (same.files == running->files)
            return Chosen{.generation = *running, .loaded = files, .before = cut_off_from, .remark = {}};
        const auto* const word = last_about(*history, same.input());
        if (word != nullptr && is_set_aside(*word, *history)) {
            auto settings = settings_in(*running);
            if (settings)
                return Chosen{.generation = *running,
                              .loaded = {.settings = std::move(*settings), .origins = {}},
                              .before = cut_off_from,
                              .remark = remark_on(*word, running->number)};
        }
    }
    const auto number = next_number(generations, registry);
    if (!number) return pass(number);
    Chosen fresh{.generation = make_generation(files, *number), .loaded = files, .is_new = true};
    if (running && settings_in(*running)) fresh.before = running->number;
    if (!running && current) fresh.remark = running.error().text;
    return fresh;
}

} // namespace metka::metkad
