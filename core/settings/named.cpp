#include "core/settings/named.h"

#include <algorithm>
#include <array>

#include "core/settings/values.h"

namespace metka::settings {

namespace {

const Settings& untouched()
{
    static const Settings settings;
    return settings;
}

Settings with_plan(const Plan& plan)
{
    auto settings = untouched();
    settings.plan_disk_limit = plan.disk_limit;
    settings.plan_capacity = plan.capacity;
    settings.plan_lifetime = plan.lifetime;
    settings.plan_self_service_aliases = plan.self_service_aliases;
    settings.plan_free_mailboxes_per_shell = plan.free_mailboxes_per_shell;
    settings.plan_free_mailboxes_per_domain = plan.free_mailboxes_per_domain;
    settings.plan_notice_days = plan.notice_days;
    settings.plan_grace_days = plan.grace_days;
    settings.plan_quarantine_days = plan.quarantine_days;
    settings.plan_messages_per_hour = plan.messages_per_hour;
    settings.plan_messages_per_day = plan.messages_per_day;
    return settings;
}

std::span<const Row> plan_words()
{
    return rows_of("plan");
}

Result<std::string> read_plan_name(std::string_view name)
{
    if (name == standard_plan) return fail(Fault::invalid, "the standard plan stands in the section “plan”");
    return parse_name(name, "plan");
}

Settings as_standard(const Settings& settings)
{
    return with_plan(settings.standard());
}

void add_plan(Settings& settings, Entry entry)
{
    auto plan = entry.values.standard();
    plan.name = std::move(entry.name);
    settings.plans.push_back(std::move(plan));
}

void each_plan(const Settings& settings, const std::function<void(const Entry&)>& visit)
{
    for (const auto& plan : settings.plans)
        visit({.name = plan.name, .values = with_plan(plan)});
}

Settings with_files(const CertificateFiles& files)
{
    auto settings = untouched();
    settings.tls_certificate = files.certificate;
    settings.tls_key = files.key;
    return settings;
}

constexpr std::array certificate_rows{
    Row{"certificates.certificate", &Settings::tls_certificate, Kind::path, "", "none", "", "", None::refused,
        Readers{Reader::metkad}, "The certificate chain of this host name, PEM, the host's own first"},
    Row{"certificates.key", &Settings::tls_key, Kind::path, "", "none", "", "", None::refused,
        Readers{Reader::metkad}, "The private key of that certificate, PEM; metkad alone opens it"},
};

std::span<const Row> certificate_words()
{
    return certificate_rows;
}

// `*` stands for one whole label, the first, as in certificates (RFC 6125 §6.4.3), and never for what is
// directly below the root.
Result<std::string> read_host_pattern(std::string_view name)
{
    const bool is_wildcard = name.starts_with("*.");
    const auto domain = DomainName::parse(is_wildcard ? name.substr(2) : name);
    auto scratch = untouched();
    const auto is_host = take(scratch, *find_row("operator.host"), domain ? domain->text() : name);
    if (!is_host || (is_wildcard && !domain))
        return fail(Fault::invalid,
                    "this is not a host name; write it like mail.example.org or \"*.example.org\"");
    return (is_wildcard ? "*." : "") + scratch.operator_host;
}

Settings without_files(const Settings&)
{
    return with_files({});
}

void add_certificate(Settings& settings, Entry entry)
{
    settings.certificates.push_back({.host = std::move(entry.name),
                                     .certificate = std::move(entry.values.tls_certificate),
                                     .key = std::move(entry.values.tls_key)});
}

void each_certificate(const Settings& settings, const std::function<void(const Entry&)>& visit)
{
    for (const auto& files : settings.certificates)
        visit({.name = files.host, .values = with_files(files)});
}

constexpr std::array<NamedSection, 2> sections_of_entries{{
    {.name = "certificates",
     .sentence = "The certificates of single host names, for clients that ask for one (SNI, RFC 6066 section "
                 "3); all others get that of tls",
     .example = "certificates:\n"
                "  mail.example.org:\n"
                "    certificate: /etc/metka/tls/mail.example.org/certificate.pem\n"
                "    key: /etc/metka/tls/mail.example.org/key.pem\n"
                "  \"*.example.net\":\n"
                "    certificate: /etc/metka/tls/example.net/certificate.pem\n"
                "    key: /etc/metka/tls/example.net/key.pem\n",
     .layout = "certificates stand below it, indented, like “mail.example.org:” and below that “certificate: "
               "/etc/metka/tls/mail.pem”",
     .word_layout = "its files stand below it, indented, like “certificate: /etc/metka/tls/mail.pem”",
     .no_such_word = "there is no such setting; a host name has “certificate” and “key”",
     .words = certificate_words,
     .read_name = read_host_pattern,
     .unsaid = without_files,
     .inherits = "",
     .add = add_certificate,
     .each = each_certificate},
    {.name = "plans",
     .sentence = "Plans besides the standard one, each with the numbers that differ from those of plan",
     .example = "plans:\n"
                "  firm:\n"
                "    disk_limit: 5G\n"
                "    capacity: 1G\n",
     .layout = "plans stand below it, indented, like “firm:” and below that “capacity: 1G”",
     .word_layout = "its numbers stand below it, indented, like “capacity: 1G”",
     .no_such_word = "a plan has no such number; the section “plan” has all",
     .words = plan_words,
     .read_name = read_plan_name,
     .unsaid = as_standard,
     .inherits = "plan",
     .add = add_plan,
     .each = each_plan},
}};

} // namespace

std::span<const NamedSection> named_sections()
{
    return sections_of_entries;
}

bool is_for(const NamedSection& section, Reader reader)
{
    return std::ranges::any_of(section.words(), [&](const Row& row) { return row.knows.has(reader); });
}

std::string key_of(const NamedSection& section, std::string_view entry)
{
    return fmt::format("{}.{}", section.name, entry);
}

std::string key_of(const NamedSection& section, std::string_view entry, std::string_view word)
{
    return fmt::format("{}.{}.{}", section.name, entry, word);
}

} // namespace metka::settings
