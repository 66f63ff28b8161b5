#include "daemon/metkad/foundation.h"

#include <grp.h>
#include <unistd.h>

#include "core/directory/sqlite_directory.h"
#include "core/sys/fault_point.h"
#include "core/sys/file.h"
#include "core/sys/log.h"
#include "daemon/metkad/configuration/changeover.h"
#include "daemon/metkad/engine/instance.h"
#include "daemon/metkad/engine/listeners.h"
#include "daemon/metkad/engine/rehearsal.h"
#include "daemon/metkad/engine/roster.h"
#include "daemon/metkad/machine/zones.h"
#include "daemon/metkad/provisioning/operator.h"

namespace metka::metkad {

namespace {

using directory::SwitchEntry;
using settings::Settings;

Result<std::unique_ptr<directory::Registry>> open_registry(const Settings& settings)
{
    sqlite::Ownership ownership{.mode = runs_as_root() ? 0640U : 0600U};
    if (runs_as_root()) {
        const auto* const group = getgrnam(settings.users_directory_group.c_str());
        if (group == nullptr)
            return fail(Fault::invalid, "there is no system group {}", settings.users_directory_group);
        ownership.group = group->gr_gid;
    }
    return directory::open_registry(settings.state_folder + "/directory/metka.db", ownership);
}

// Whose the state folder is: it takes what cannot change with a generation alone.
Result<void> enter(Foundation& foundation, const Settings& settings)
{
    auto state = make_folders(settings);
    if (!state) return pass(state);
    foundation.state = std::move(*state);
    auto mail = sys::open_folder_beneath(foundation.state.get(), "mail");
    if (!mail) return pass(mail);
    foundation.mail = std::move(*mail);
    auto locks = lock_instance(foundation.state.get());
    if (!locks) return pass(locks);
    foundation.own_lock = std::move(locks->own);
    foundation.furnishing.lock = std::move(locks->shared);
    auto registry = open_registry(settings);
    if (!registry) return pass(registry);
    foundation.registry = std::move(*registry);
    auto groups = engine_groups(settings);
    if (!groups) return pass(groups);
    auto generations = Generations::open(foundation.state.get(), std::move(*groups));
    if (!generations) return pass(generations);
    foundation.generations.emplace(std::move(*generations));
    return {};
}

Result<void> check_new(Foundation& foundation)
{
    if (!foundation.chosen.is_new) return {};
    const auto& generation = foundation.chosen.generation;
    const auto written = foundation.generations->write(generation);
    if (!written) return written;
    sys::fault_point("generation.named");
    auto places = places_of(generation, foundation.chosen.loaded.settings);
    if (!places) return pass(places);
    return have_checked_now(std::move(*places), {});
}

Result<void> open_doors(Foundation& foundation, const Settings& settings)
{
    const auto host_domain = settle_host_domain(*foundation.registry, settings, SystemClock().now());
    if (!host_domain) return host_domain;
    const auto zones = write_zones(foundation.state.get(), settings, *foundation.registry);
    if (!zones) return zones;
    auto certificates = read_certificates(settings);
    if (!certificates) return pass(certificates);
    foundation.furnishing.certificates = std::move(certificates->memory);
    foundation.certificates = std::move(certificates->inventory);
    auto listeners = bind_listeners(settings, {});
    if (!listeners) return pass(listeners);
    foundation.furnishing.listeners = std::move(listeners->added);
    auto control = bind_control_socket(settings.control_socket);
    if (!control) return fail_field("control.socket", control.error());
    foundation.control_socket = std::move(*control);
    return {};
}

SwitchEntry entry_of(const Chosen& chosen, std::uint64_t before)
{
    const auto now = SystemClock().now();
    return {.id = directory::SwitchId::make(now),
            .at = now,
            .from = before,
            .to = chosen.generation.number,
            .actor_uid = geteuid(),
            .actor = "metkad",
            .acting_as = {},
            .cause = "start",
            .reason = {},
            .outcome = "begun",
            .message = {},
            .input = chosen.generation.input()};
}

Result<void> begin_with(Foundation& foundation)
{
    if (!foundation.chosen.is_new) return {};
    const auto& generation = foundation.chosen.generation;
    foundation.begun = entry_of(foundation.chosen, foundation.generations->current().value_or(0));
    const auto noted = foundation.registry->note_switch(*foundation.begun);
    if (!noted) return noted;
    const auto switched = foundation.generations->point_to(generation.number);
    if (!switched) return switched;
    sys::log(sys::Level::info, "generation.current", {{"number", generation.number}, {"cause", "start"}});
    sys::fault_point("generation.switched");
    return {};
}

// `people`: the settings that say whose the folders are.
Result<void> lay(Foundation& foundation, const settings::Loaded& files, const Settings& people)
{
    const auto entered = enter(foundation, people);
    if (!entered) return entered;
    auto chosen = choose_generation(files, *foundation.generations, *foundation.registry);
    if (!chosen) return pass(chosen);
    foundation.chosen = std::move(*chosen);
    if (!foundation.chosen.remark.empty())
        sys::log(sys::Level::warning, "generation.remark", {{"why", foundation.chosen.remark}});
    const auto checked = check_new(foundation);
    if (!checked) return checked;
    const auto& settings = foundation.chosen.loaded.settings;
    sys::log_from(static_cast<sys::Level>(settings.log_level));
    const auto opened = open_doors(foundation, settings);
    if (!opened) return opened;
    auto places = places_of(foundation.chosen.generation, settings);
    if (!places) return pass(places);
    foundation.furnishing.places = std::move(*places);
    return begin_with(foundation);
}

} // namespace

std::optional<Settings> set_aside(Foundation& foundation, const std::string& why)
{
    const auto& chosen = foundation.chosen;
    if (!chosen.before || *chosen.before == chosen.generation.number || !foundation.generations)
        return std::nullopt;
    const auto before = foundation.generations->read(*chosen.before);
    auto instead = before ? settings_in(*before) : pass(before);
    if (!instead) return std::nullopt;
    auto entry = foundation.begun.value_or(entry_of(chosen, *chosen.before));
    entry.outcome = "refused";
    entry.message = why;
    const auto noted = foundation.registry->note_switch(entry);
    const auto pointed = foundation.generations->point_to(*chosen.before);
    sys::log(sys::Level::error, "generation.refused", {{"number", chosen.generation.number}, {"why", why}});
    if (!noted || !pointed) return std::nullopt;
    if (chosen.is_new) foundation.generations->remove(chosen.generation.number); // it never ran
    return std::move(*instead);
}

Result<Foundation> lay_foundation(const settings::Loaded& files, std::optional<Settings> instead)
{
    for (;;) { // twice at most: what has been set aside is not chosen again
        Foundation foundation;
        const bool is_second = instead.has_value();
        const auto laid = lay(foundation, files, is_second ? *instead : files.settings);
        if (laid) return foundation;
        const auto field = laid.error().field;
        instead = set_aside(foundation, field.empty() ? laid.error().text
                                                      : fmt::format("{}: {}", field, laid.error().text));
        if (!instead || is_second) return pass(laid);
    }
}

} // namespace metka::metkad
