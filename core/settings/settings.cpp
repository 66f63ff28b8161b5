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

Settings with_standard(Settings settings, const Plan& plan)
{
    settings.plan_disk_limit = plan.disk_limit;
    settings.plan_capacity = plan.capacity;
    settings.plan_lifetime = plan.lifetime;
    settings.plan_self_service_aliases = plan.self_service_aliases;
    settings.plan_free_mailboxes_per_shell = plan.free_mailboxes_per_shell;
    settings.plan_free_mailboxes_per_domain = plan.free_mailboxes_per_domain;
    settings.plan_notice_days = plan.notice_days;
    settings.plan_grace_days = plan.grace_days;
    settings.plan_quarantine_days = plan.quarantine_days;
    return settings;
}

// The section `plans`: each with all its numbers.
std::string render_plans(const Settings& settings)
{
    std::string text = settings.plans.empty() ? "" : "\nplans:\n";
    for (const auto& plan : settings.plans) {
        const auto numbers = with_standard(settings, plan);
        text += fmt::format("  {}:\n", plan.name);
        for (const auto& row : rows())
            if (row.section() == "plan")
                text += fmt::format("    {}: {}\n", row.word(), yaml_of(words_of(numbers, row), row));
    }
    return text;
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

Plan Settings::standard() const
{
    return {.name = std::string(standard_plan),
            .disk_limit = plan_disk_limit,
            .capacity = plan_capacity,
            .lifetime = plan_lifetime,
            .self_service_aliases = plan_self_service_aliases,
            .free_mailboxes_per_shell = plan_free_mailboxes_per_shell,
            .free_mailboxes_per_domain = plan_free_mailboxes_per_domain,
            .notice_days = plan_notice_days,
            .grace_days = plan_grace_days,
            .quarantine_days = plan_quarantine_days};
}

Plan Settings::plan(std::string_view name_of_it) const
{
    for (const auto& each : plans)
        if (each.name == name_of_it) return each;
    return standard();
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
    return reader == Reader::metkad ? text + render_plans(settings) : text;
}

} // namespace metka::settings
