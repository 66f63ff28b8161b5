#include "daemon/metkad/configuration/generations.h"

#include <algorithm>
#include <array>
#include <cerrno>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/text.h"
#include "core/sys/digest.h"
#include "core/sys/fault_point.h"
#include "core/sys/file.h"

namespace metka::metkad {

namespace {

using settings::Reader;

constexpr std::array<Reader, 5> readers{Reader::metkad, Reader::store, Reader::auth, Reader::smtp,
                                        Reader::access};
constexpr auto engine = "engine";
constexpr auto manifest = "manifest";
constexpr auto half_made = "new"; // no generation has this name
constexpr auto passing_link = "current.new";
constexpr Bytes most_file = 4_MiB;

std::string file_of(Reader reader)
{
    return fmt::format("{}/{}.yaml", engine, program(reader));
}

std::string manifest_of(const Generation& generation)
{
    auto text =
        fmt::format("# Generation {} of Metka's configuration; sha256sum -c checks it.\n", generation.number);
    for (const auto& [path, content] : generation.files)
        text += fmt::format("{}  {}\n", sys::sha256(content), path);
    return text;
}

// A manifest as it is written above: path -> digest. Nothing: it is none, or cut off.
std::optional<std::map<std::string, std::string>> read_manifest(std::string_view text)
{
    constexpr std::size_t digest_size = 64;
    constexpr std::string_view gap = "  ";
    if (!text.ends_with('\n')) return std::nullopt;
    std::map<std::string, std::string> digests;
    for (const auto line : split(text.substr(0, text.size() - 1), '\n')) {
        if (line.starts_with('#')) continue;
        if (line.size() <= digest_size + gap.size() || line.substr(digest_size, gap.size()) != gap)
            return std::nullopt;
        digests.emplace(line.substr(digest_size + gap.size()), line.substr(0, digest_size));
    }
    return digests;
}

Result<std::string> content_at(int folder, const std::string& path)
{
    const auto file = sys::open_beneath(folder, path, O_RDONLY | O_NONBLOCK); // a pipe must not hold us up
    if (!file) return pass(file);
    auto content = sys::read_whole(file->get(), most_file);
    if (!content) return fail(content.error().fault, "{}: {}", path, content.error().text);
    return content;
}

// None has a name such as 007, nor a number that leaves no room for the next.
std::optional<std::uint64_t> number_in(std::string_view name)
{
    constexpr std::uint64_t most = 1'000'000'000'000;
    const auto number = parse_number(name);
    if (!number || *number > most || std::to_string(*number) != name) return std::nullopt;
    return number;
}

// Every file that the manifest names, and whatever else lies beside them.
struct Reading {
    Generation generation;
    std::vector<std::string> faults;
};

std::vector<std::string> names_of(const Result<sys::Descriptor>& folder)
{
    if (!folder) return {};
    return sys::names_in(folder->get()).value_or(std::vector<std::string>());
}

Reading read_all(int folder, std::uint64_t number)
{
    Reading reading{.generation = {.number = number, .files = {}}, .faults = {}};
    const auto text = content_at(folder, manifest);
    const auto digests = text ? read_manifest(*text) : std::nullopt;
    if (!digests) {
        reading.faults.push_back(fmt::format("generation {}: its manifest cannot be read{}", number,
                                             text ? "" : ": " + text.error().text));
        return reading;
    }
    for (const auto& [path, digest] : *digests) {
        auto content = content_at(folder, path);
        if (!content && content.error().fault == Fault::not_found)
            reading.faults.push_back(fmt::format("generation {}: {} was removed by hand", number, path));
        else if (!content)
            reading.faults.push_back(fmt::format("generation {}: {}", number, content.error().text));
        else if (sys::sha256(*content) != digest)
            reading.faults.push_back(fmt::format("generation {}: {} was changed by hand", number, path));
        else
            reading.generation.files.emplace(path, std::move(*content));
    }
    for (const auto reader : readers)
        if (!digests->contains(file_of(reader)))
            reading.faults.push_back(
                fmt::format("generation {}: its manifest does not name {}", number, file_of(reader)));
    for (const auto& name : names_of(sys::open_folder_beneath(folder, engine)))
        if (!digests->contains(fmt::format("{}/{}", engine, name)))
            reading.faults.push_back(
                fmt::format("generation {}: {}/{} was added by hand", number, engine, name));
    return reading;
}

void remove_generation(int folder, const std::string& name)
{
    const auto whole = sys::open_folder_beneath(folder, name);
    if (!whole) return;
    const auto inner = sys::open_folder_beneath(whole->get(), engine);
    if (inner) {
        for (const auto& file : names_of(inner))
            unlinkat(inner->get(), file.c_str(), 0);
        unlinkat(whole->get(), engine, AT_REMOVEDIR);
    }
    for (const auto& file : names_of(whole))
        unlinkat(whole->get(), file.c_str(), 0);
    unlinkat(folder, name.c_str(), AT_REMOVEDIR);
}

// A file of this folder alone, whose rename makes it durable with all the rest of its folder.
Result<void> write_new(int folder, const std::string& path, std::string_view content,
                       std::optional<gid_t> group)
{
    const auto file = sys::open_beneath(folder, path, O_WRONLY | O_CREAT | O_EXCL, 0640);
    if (!file) return pass(file);
    const auto written = sys::write_whole(file->get(), content, 0);
    if (!written) return written;
    if (fchmod(file->get(), 0640) != 0) return fail_errno(errno, "setting the mode of " + path);
    if (group && fchown(file->get(), 0, *group) != 0)
        return fail_errno(errno, fmt::format("giving {} to its program", path));
    return sys::sync(file->get());
}

} // namespace

const std::string& Generation::engine_file(Reader reader) const
{
    static const std::string none;
    const auto found = files.find(file_of(reader));
    return found != files.end() ? found->second : none;
}

std::string Generation::input() const
{
    return sys::sha256(engine_file(Reader::metkad)); // which has no number in it
}

Generation make_generation(const settings::Loaded& loaded, std::uint64_t number)
{
    Generation generation{.number = number, .files = {}};
    for (const auto reader : readers)
        generation.files.emplace(file_of(reader),
                                 settings::render(loaded.settings, reader, number, loaded.origins));
    return generation;
}

Result<Generations> Generations::open(int state, Groups groups)
{
    auto folder = sys::make_folders_beneath(state, "generations", 0755);
    if (!folder) return pass(folder);
    remove_generation(folder->get(), half_made);
    unlinkat(folder->get(), passing_link, 0);
    return Generations(std::move(*folder), std::move(groups));
}

std::optional<std::uint64_t> Generations::current() const
{
    std::array<char, 64> target{};
    const auto size = readlinkat(folder_.get(), "current", target.data(), target.size());
    if (size <= 0) return std::nullopt;
    return number_in({target.data(), static_cast<std::size_t>(size)});
}

std::vector<std::uint64_t> Generations::numbers() const
{
    std::vector<std::uint64_t> numbers;
    for (const auto& name : sys::names_in(folder_.get()).value_or(std::vector<std::string>()))
        if (const auto number = number_in(name)) numbers.push_back(*number);
    std::ranges::sort(numbers);
    return numbers;
}

std::uint64_t Generations::next() const
{
    const auto all = numbers();
    return std::max(all.empty() ? 0 : all.back(), current().value_or(0)) + 1;
}

Result<Generation> Generations::read(std::uint64_t number) const
{
    const auto folder = sys::open_folder_beneath(folder_.get(), std::to_string(number));
    if (!folder && folder.error().fault == Fault::not_found)
        return fail(Fault::not_found, "there is no generation {}; `metkactl config history` has them",
                    number);
    if (!folder) return pass(folder);
    auto reading = read_all(folder->get(), number);
    if (reading.faults.empty()) return std::move(reading.generation);
    return fail(Fault::conflict, "{}", fmt::format("{}", fmt::join(reading.faults, "; ")));
}

std::vector<std::string> Generations::hand_edits(std::uint64_t number) const
{
    const auto folder = sys::open_folder_beneath(folder_.get(), std::to_string(number));
    if (!folder) return {fmt::format("generation {}: {}", number, folder.error().text)};
    return read_all(folder->get(), number).faults;
}

Result<void> Generations::write_files(int folder, const Generation& generation) const
{
    const auto inner = sys::make_folders_beneath(folder, engine, 0755);
    if (!inner) return pass(inner);
    for (const auto reader : readers) {
        const auto group = groups_.find(reader);
        const auto written = write_new(folder, file_of(reader), generation.engine_file(reader),
                                       group != groups_.end() ? std::optional(group->second) : std::nullopt);
        if (!written) return written;
        sys::fault_point("generation.half_written");
    }
    const auto closed = write_new(folder, manifest, manifest_of(generation), std::nullopt);
    if (!closed) return closed;
    const auto synced = sys::sync(inner->get());
    return synced ? sys::sync(folder) : synced;
}

Result<void> Generations::write(const Generation& generation)
{
    remove_generation(folder_.get(), half_made);
    const auto folder = sys::make_folders_beneath(folder_.get(), half_made, 0755);
    if (!folder) return pass(folder);
    const auto written = write_files(folder->get(), generation);
    if (!written) return written;
    sys::fault_point("generation.written");
    const auto name = std::to_string(generation.number);
    if (renameat(folder_.get(), half_made, folder_.get(), name.c_str()) != 0)
        return fail_errno(errno, "naming generation " + name);
    return sys::sync(folder_.get());
}

Result<void> Generations::point_to(std::uint64_t number)
{
    unlinkat(folder_.get(), passing_link, 0);
    if (symlinkat(std::to_string(number).c_str(), folder_.get(), passing_link) != 0 ||
        renameat(folder_.get(), passing_link, folder_.get(), "current") != 0)
        return fail_errno(errno, fmt::format("switching to generation {}", number));
    return sys::sync(folder_.get());
}

std::string Generations::path_of(std::uint64_t number, Reader reader) const
{
    return fmt::format("generations/{}/{}", number, file_of(reader));
}

void Generations::remove(std::uint64_t number)
{
    if (number != current()) remove_generation(folder_.get(), std::to_string(number));
}

void Generations::prune(std::uint64_t keep, std::uint64_t besides)
{
    auto all = numbers();
    const auto needed = [&](std::uint64_t number) { return number == current() || number == besides; };
    const auto surplus = all.size() > keep ? all.size() - keep : 0;
    for (const auto number : std::vector(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(surplus)))
        if (!needed(number)) remove_generation(folder_.get(), std::to_string(number));
}

} // namespace metka::metkad
