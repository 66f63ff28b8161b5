#include "daemon/metkad/engine/generation.h"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <grp.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/text.h"
#include "core/sys/file.h"
#include "core/sys/log.h"
#include "daemon/metkad/engine/instance.h"
#include "daemon/metkad/engine/launch.h"

namespace metka::metkad {

namespace {

using settings::Reader;
using settings::Settings;

enum class Directory { closed, readable };

// Who each program is. access has no use for the directory: what it may reach comes with a log-in.
struct ProgramRow {
    Program program;
    Reader reader;
    std::string Settings::* user;
    Directory directory;
};
constexpr std::array<ProgramRow, 4> programs{{
    {Program::store, Reader::store, &Settings::users_store, Directory::readable},
    {Program::auth, Reader::auth, &Settings::users_auth, Directory::readable},
    {Program::smtp, Reader::smtp, &Settings::users_smtp, Directory::readable},
    {Program::access, Reader::access, &Settings::users_access, Directory::closed},
}};

std::string file_name(Program program)
{
    return household::executable(program) + ".yaml";
}

std::string engine_folder(std::uint64_t number)
{
    return fmt::format("generations/{}/engine", number);
}

std::uint64_t current_number(int state)
{
    std::array<char, 64> target{};
    const auto size = readlinkat(state, "generations/current", target.data(), target.size());
    if (size <= 0) return 0;
    return parse_number({target.data(), static_cast<std::size_t>(size)}).value_or(0);
}

bool is_rendered_already(int state, const Settings& settings, std::uint64_t number)
{
    for (const auto& row : programs) {
        const auto path = engine_folder(number) + "/" + file_name(row.program);
        const auto file = sys::open_beneath(state, path, O_RDONLY);
        const auto content = file ? sys::read_whole(file->get(), 1_MiB) : fail(Fault::not_found, "{}", path);
        if (!content || *content != settings::render(settings, row.reader, number)) return false;
    }
    return true;
}

Result<std::optional<sys::Identity>> identity(const Settings& settings, const ProgramRow& row)
{
    if (!runs_as_root()) return std::nullopt;
    std::vector<std::string> groups;
    if (row.directory == Directory::readable) groups.push_back(settings.users_directory_group);
    if (row.program == Program::auth && getgrnam("shadow") != nullptr) groups.emplace_back("shadow");
    auto found = sys::identity_of(settings.*row.user, groups);
    if (!found) return pass(found);
    return std::optional(std::move(*found));
}

// Readable by its program alone: what one may know, another need not.
Result<void> write_engine_file(int folder, const Settings& settings, const ProgramRow& row,
                               std::uint64_t number)
{
    const auto who = identity(settings, row);
    if (!who) return pass(who);
    const auto content = settings::render(settings, row.reader, number);
    const auto written = sys::replace_file(folder, file_name(row.program), content, 0640);
    if (!written) return pass(written);
    if (!*who) return {};
    const auto file = sys::open_beneath(folder, file_name(row.program), O_RDONLY);
    if (!file) return pass(file);
    if (fchown(file->get(), 0, (*who)->gid) != 0)
        return fail_errno(errno, "giving an engine file to its program");
    return {};
}

Result<void> render(int state, const Settings& settings, std::uint64_t number)
{
    const auto folder = sys::make_folders_beneath(state, engine_folder(number), 0755);
    if (!folder) return pass(folder);
    for (const auto& row : programs) {
        const auto written = write_engine_file(folder->get(), settings, row, number);
        if (!written) return pass(written);
    }
    return sys::sync(folder->get());
}

Result<void> have_checked(const Generation& generation)
{
    for (const auto& [program, place] : generation.places) {
        const auto checked = run_to_end({.program = household::executable(program),
                                         .arguments = {"--check", place.engine_file},
                                         .identity = place.identity});
        if (!checked) return pass(checked);
        if (checked->status != 0)
            return fail(Fault::invalid, "{} refuses its configuration (exit status {}): {}",
                        household::executable(program), checked->status, trim(checked->said));
    }
    return {};
}

Result<void> switch_to(int state, std::uint64_t number)
{
    const auto folder = sys::open_folder_beneath(state, "generations");
    if (!folder) return pass(folder);
    unlinkat(folder->get(), "current.new", 0); // left over from a daemon that was killed here
    if (symlinkat(std::to_string(number).c_str(), folder->get(), "current.new") != 0 ||
        renameat(folder->get(), "current.new", folder->get(), "current") != 0)
        return fail_errno(errno, "switching to the new generation");
    return sys::sync(folder->get());
}

} // namespace

Result<Generation> prepare_generation(int state, const Settings& settings)
{
    const auto current = current_number(state);
    const bool unchanged = current > 0 && is_rendered_already(state, settings, current);
    Generation generation{.number = unchanged ? current : current + 1, .places = {}};
    if (!unchanged) {
        const auto rendered = render(state, settings, generation.number);
        if (!rendered) return pass(rendered);
    }
    for (const auto& row : programs) {
        auto who = identity(settings, row);
        if (!who) return pass(who);
        const auto path = fmt::format("{}/{}/{}", settings.state_folder, engine_folder(generation.number),
                                      file_name(row.program));
        generation.places[row.program] = {.engine_file = path, .identity = std::move(*who)};
    }
    const auto checked = have_checked(generation);
    if (!checked) return pass(checked);
    if (unchanged) return generation;
    const auto switched = switch_to(state, generation.number);
    if (!switched) return pass(switched);
    sys::log(sys::Level::info, "generation.current", {{"number", generation.number}});
    return generation;
}

} // namespace metka::metkad
