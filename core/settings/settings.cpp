#include "core/settings/settings.h"

#include <array>
#include <cassert>

#include "core/base/text.h"
#include "core/settings/values.h"

namespace metka::settings {

namespace {

constexpr std::array<std::string_view, 5> programs{"metkad", "metka-store", "metka-smtp", "metka-access",
                                                   "metka-auth"};

} // namespace

std::string_view program(Reader reader)
{
    return programs.at(static_cast<std::size_t>(reader));
}

Settings::Settings()
{
    for (const auto& row : rows()) {
        if (row.fallback == "none") continue;
        for (const auto word : split(row.fallback, ' ')) {
            [[maybe_unused]] const auto taken = take(*this, row, word);
            assert(taken.has_value()); // a test reads every default
        }
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
            .quarantine_days = plan_quarantine_days,
            .messages_per_hour = plan_messages_per_hour,
            .messages_per_day = plan_messages_per_day};
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

} // namespace metka::settings
