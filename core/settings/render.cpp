#include <set>

#include "core/base/text.h"
#include "core/settings/named.h"
#include "core/settings/values.h"

namespace metka::settings {

namespace {

constexpr std::size_t longest_path = 4096;

std::string header(Reader reader, std::uint64_t generation)
{
    if (reader == Reader::metkad) return "# All settings of this instance, as they are in force.\n";
    return fmt::format("# The settings of {}. metkad writes this file from metka.yaml and its drop-ins;\n"
                       "# what is changed here is lost.\ngeneration: {}\n",
                       program(reader), generation);
}

// A key that no file has and that is not as it was made, like the host name of the system.
constexpr std::string_view found_by_metkad = "set by metkad";

bool is_default(const Settings& settings, const Row& row)
{
    static const Settings untouched;
    return words_of(settings, row) == words_of(untouched, row);
}

// Without its line: a line that has moved makes no other generation.
std::string origin_of(std::string_view key, const Origins& origins)
{
    const auto found = origins.find(key);
    if (found == origins.end()) return "";
    return fmt::format("{} in {}", key, escaped(found->second.file, longest_path));
}

std::string line_of(const Settings& settings, const Row& row, std::string_view indent,
                    std::string_view origin)
{
    return fmt::format("{}{}: {}  # {}\n", indent, row.word(), yaml_of(words_of(settings, row), row), origin);
}

std::string render_entry(const NamedSection& section, const Entry& entry, const Settings& unsaid,
                         Reader reader, const Origins& origins)
{
    auto text = fmt::format("  {}:\n", quoted(entry.name));
    for (const auto& row : section.words()) {
        if (!row.knows.has(reader)) continue;
        auto origin = origin_of(key_of(section, entry.name, row.word()), origins);
        const bool inherited = words_of(entry.values, row) == words_of(unsaid, row);
        if (origin.empty() && inherited) origin = origin_of(row.key, origins);
        if (origin.empty()) origin = inherited && is_default(unsaid, row) ? "default" : found_by_metkad;
        text += line_of(entry.values, row, "    ", origin);
    }
    return text;
}

std::string render_entries(const Settings& settings, Reader reader, const Origins& origins)
{
    std::string text;
    for (const auto& section : named_sections()) {
        if (!is_for(section, reader)) continue;
        const auto unsaid = section.unsaid(settings);
        std::string entries;
        section.each(settings, [&](const Entry& entry) {
            entries += render_entry(section, entry, unsaid, reader, origins);
        });
        if (!entries.empty()) text += fmt::format("\n{}:\n{}", section.name, entries);
    }
    return text;
}

} // namespace

std::string render(const Settings& settings, Reader reader, std::uint64_t generation, const Origins& origins)
{
    auto text = header(reader, generation);
    std::set<std::string_view> begun;
    for (const auto& row : rows()) {
        if (!row.knows.has(reader) || row.key == "generation") continue;
        if (begun.insert(row.section()).second) text += fmt::format("\n{}:\n", row.section());
        auto origin = origin_of(row.key, origins);
        if (origin.empty()) origin = is_default(settings, row) ? "default" : found_by_metkad;
        text += line_of(settings, row, "  ", origin);
    }
    return text + render_entries(settings, reader, origins);
}

} // namespace metka::settings
