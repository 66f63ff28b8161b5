#include "core/settings/listing.h"

#include <fmt/format.h>

#include "core/settings/named.h"
#include "core/settings/values.h"

namespace metka::settings {

namespace {

std::string origin_of(std::string_view key, const Origins& origins)
{
    const auto found = origins.find(key);
    return found == origins.end() ? "" : fmt::format("{}:{}", found->second.file, found->second.line);
}

std::string value_of(const Settings& settings, const Row& row)
{
    return yaml_of(words_of(settings, row), row);
}

} // namespace

std::vector<Shown> listing(const Settings& settings, const Origins& origins)
{
    std::vector<Shown> all;
    const Settings untouched;
    for (const auto& row : rows())
        if (row.knows.has(Reader::metkad))
            all.push_back({.key = std::string(row.key),
                           .value = value_of(settings, row),
                           .fallback = value_of(untouched, row),
                           .origin = origin_of(row.key, origins),
                           .sentence = row.sentence});
    for (const auto& section : named_sections()) {
        const auto unsaid = section.unsaid(settings);
        section.each(settings, [&](const Entry& entry) {
            for (const auto& row : section.words()) {
                auto key = key_of(section, entry.name, row.word());
                auto origin = origin_of(key, origins);
                all.push_back({.key = std::move(key),
                               .value = value_of(entry.values, row),
                               .fallback = section.inherits.empty() ? "" : value_of(unsaid, row),
                               .origin = std::move(origin),
                               .sentence = row.sentence});
            }
        });
    }
    return all;
}

} // namespace metka::settings
