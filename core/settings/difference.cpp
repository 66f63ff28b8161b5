#include "core/settings/difference.h"

#include <map>

#include "core/settings/named.h"
#include "core/settings/values.h"

namespace metka::settings {

namespace {

std::string value_of(const Settings& settings, const Row& row)
{
    return yaml_of(words_of(settings, row), row);
}

using Entries = std::map<std::string, Settings, std::less<>>;

Entries entries_of(const NamedSection& section, const Settings& settings)
{
    Entries entries;
    section.each(settings, [&](const Entry& entry) { entries.emplace(entry.name, entry.values); });
    return entries;
}

std::string value_in(const Entries& entries, std::string_view name, const Row& row)
{
    const auto found = entries.find(name);
    return found == entries.end() ? "" : value_of(found->second, row);
}

void compare(const NamedSection& section, const Settings& before, const Settings& after,
             std::vector<Change>& all)
{
    const auto old_entries = entries_of(section, before);
    const auto new_entries = entries_of(section, after);
    const auto compare_entry = [&](std::string_view name) {
        for (const auto& row : section.words()) {
            Change change{.key = key_of(section, name, row.word()),
                          .before = value_in(old_entries, name, row),
                          .after = value_in(new_entries, name, row),
                          .needs_restart = row.changes == Changes::on_restart};
            if (change.before != change.after) all.push_back(std::move(change));
        }
    };
    section.each(before, [&](const Entry& entry) { compare_entry(entry.name); });
    section.each(after, [&](const Entry& entry) {
        if (!old_entries.contains(entry.name)) compare_entry(entry.name);
    });
}

} // namespace

std::vector<Change> changes(const Settings& before, const Settings& after)
{
    std::vector<Change> all;
    for (const auto& row : rows()) {
        if (!row.knows.has(Reader::metkad)) continue;
        Change change{.key = std::string(row.key),
                      .before = value_of(before, row),
                      .after = value_of(after, row),
                      .needs_restart = row.changes == Changes::on_restart};
        if (change.before != change.after) all.push_back(std::move(change));
    }
    for (const auto& section : named_sections())
        compare(section, before, after, all);
    return all;
}

} // namespace metka::settings
