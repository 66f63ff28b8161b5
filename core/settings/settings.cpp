#include "core/settings/settings.h"

#include <array>
#include <set>

#include "core/base/text.h"
#include "core/settings/values.h"

namespace metka::settings {

namespace {

constexpr std::array<std::string_view, 5> programs{"metkad", "metka-store", "metka-smtp", "metka-access",
                                                   "metka-auth"};

bool is_default(const Settings& settings, const Row& row)
{
    static const Settings untouched;
    return words_of(settings, row) == words_of(untouched, row);
}

} // namespace

std::string_view program(Reader reader)
{
    return programs.at(static_cast<std::size_t>(reader));
}

Settings::Settings()
{
    for (const auto& row : rows()) {
        if (row.fallback == "none") continue;
        for (const auto word : split(row.fallback, ' '))
            (void)take(*this, row, word); // a test reads every default
    }
}

std::string Problem::show() const
{
    const auto place = line > 0 ? fmt::format(":{}:{}", line, column) : std::string();
    const auto front = file.empty() ? std::string() : fmt::format("{}{}: ", escaped(file), place);
    return front + (key.empty() ? text : fmt::format("{}: {}", escaped(key, 80), text));
}

std::string show(const Problems& problems)
{
    std::string text;
    for (const auto& problem : problems)
        text += problem.show() + "\n";
    if (!text.empty()) text.pop_back();
    return text;
}

std::string render(const Settings& settings, Reader reader, std::uint64_t generation)
{
    auto text =
        reader == Reader::metkad
            ? std::string("# All settings of this instance, as they are in force.\n")
            : fmt::format("# The settings of {}, generation {}. metkad writes this file from metka.yaml;\n"
                          "# what is changed here is lost.\ngeneration: {}\n",
                          program(reader), generation, generation);
    std::set<std::string_view> begun;
    for (const auto& row : rows()) {
        if (!row.knows.has(reader) || row.key == "generation") continue;
        if (begun.insert(row.section()).second) text += fmt::format("\n{}:\n", row.section());
        const auto origin =
            is_default(settings, row) ? std::string("default") : fmt::format("{} in metka.yaml", row.key);
        text += fmt::format("  {}: {}  # {}\n", row.word(), yaml_of(words_of(settings, row), row), origin);
    }
    return text;
}

} // namespace metka::settings
