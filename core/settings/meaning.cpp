#include <algorithm>
#include <array>
#include <set>

#include "core/settings/difference.h"
#include "core/settings/table.h"

namespace metka::settings {

namespace {

struct Service {
    std::string_view name;
    std::vector<ListenAddress> Settings::* addresses;
};
constexpr std::array<Service, 5> services{{{"smtp", &Settings::smtp_listen},
                                           {"submission", &Settings::submission_listen},
                                           {"submissions", &Settings::submissions_listen},
                                           {"pop3s", &Settings::pop3s_listen},
                                           {"pop3", &Settings::pop3_listen}}};

struct Both {
    const Settings& before;
    const Settings& after;
};
using Sentences = std::vector<std::string>;

std::vector<std::string> listeners_only_in(const Settings& one, const Settings& other)
{
    std::vector<std::string> names;
    for (const auto& service : services)
        for (const auto& address : one.*service.addresses)
            if (std::ranges::find(other.*service.addresses, address) == (other.*service.addresses).end())
                names.push_back(fmt::format("{} {}", service.name, address.text()));
    return names;
}

// “a listener is removed: pop3s *:995”, “2 listeners are removed: …”.
std::string counted(const std::vector<std::string>& names, std::string_view one, std::string_view several)
{
    const auto front = names.size() == 1 ? std::string(one) : fmt::format("{} {}", names.size(), several);
    return fmt::format("{}: {}", front, fmt::join(names, ", "));
}

void say_listeners(const Both& both, Sentences& said)
{
    const auto removed = listeners_only_in(both.before, both.after);
    const auto added = listeners_only_in(both.after, both.before);
    if (!removed.empty())
        said.push_back(counted(removed, "a listener is removed", "listeners are removed") +
                       "; sessions under way finish");
    if (!added.empty()) said.push_back(counted(added, "a listener is added", "listeners are added"));
}

std::string becomes(std::string_view name, std::string_view before, std::string_view after)
{
    const auto or_none = [](std::string_view path) { return path.empty() ? "none" : path; };
    return fmt::format("{} {} becomes {}", name, or_none(before), or_none(after));
}

void say_certificate(const Both& both, Sentences& said)
{
    std::vector<std::string> files;
    if (both.before.tls_certificate != both.after.tls_certificate)
        files.push_back(becomes("tls.certificate", both.before.tls_certificate, both.after.tls_certificate));
    if (both.before.tls_key != both.after.tls_key)
        files.push_back(becomes("tls.key", both.before.tls_key, both.after.tls_key));
    if (!files.empty())
        said.push_back(fmt::format("the certificate of every listener changes: {}", fmt::join(files, ", ")));
}

void say_host_certificates(const Both& both, Sentences& said)
{
    const auto of_host = [](const Settings& settings, const std::string& host) {
        const auto& all = settings.certificates;
        const auto found = std::ranges::find(all, host, &CertificateFiles::host);
        return found == all.end() ? nullptr : &*found;
    };
    std::vector<std::string> removed, added, changed;
    for (const auto& files : both.before.certificates) {
        const auto* const now = of_host(both.after, files.host);
        if (now == nullptr)
            removed.push_back(files.host);
        else if (*now != files)
            changed.push_back(files.host);
    }
    for (const auto& files : both.after.certificates)
        if (of_host(both.before, files.host) == nullptr) added.push_back(files.host);
    if (!removed.empty())
        said.push_back(counted(removed, "the certificate of a host name is removed",
                               "certificates of host names are removed") +
                       "; clients that ask for it get that of every listener");
    if (!added.empty())
        said.push_back(counted(added, "the certificate of a host name is added",
                               "certificates of host names are added"));
    if (!changed.empty())
        said.push_back(
            counted(changed, "the certificate of a host name changes", "certificates of host names change"));
}

// Who reads the key, besides metkad, which reads all.
std::string readers_of(const Row& row)
{
    constexpr std::array programs{Reader::store, Reader::smtp, Reader::access, Reader::auth};
    std::vector<std::string_view> names;
    for (const auto reader : programs)
        if (row.knows.has(reader)) names.push_back(program(reader));
    if (names.size() == programs.size()) return "every program";
    return names.empty() ? "metkad" : fmt::format("{}", fmt::join(names, ", "));
}

bool has_words_of_its_own(std::string_view key) // said by the functions above
{
    const auto is_service = [&](const Service& service) {
        return key == fmt::format("{}.listen", service.name);
    };
    return std::ranges::any_of(services, is_service) || key.starts_with("tls.") ||
           key.starts_with("certificates.");
}

void say_keys(const std::vector<Change>& all, Sentences& said)
{
    for (const auto& change : all) {
        const auto* const row = find_row(change.key);
        if (row == nullptr || change.needs_restart || has_words_of_its_own(change.key)) continue;
        said.push_back(
            fmt::format("{}: {} becomes {} ({})", change.key, change.before, change.after, readers_of(*row)));
    }
}

void say_plans(const Both& both, const std::vector<Change>& all, Sentences& said)
{
    const auto names_only_in = [](const Settings& one, const Settings& other) {
        std::vector<std::string> names;
        for (const auto& plan : one.plans)
            if (std::ranges::find(other.plans, plan.name, &Plan::name) == other.plans.end())
                names.push_back(plan.name);
        return names;
    };
    const auto removed = names_only_in(both.before, both.after);
    const auto added = names_only_in(both.after, both.before);
    if (!removed.empty())
        said.push_back(counted(removed, "a plan is removed", "plans are removed") +
                       "; accounts that have it follow the standard plan");
    if (!added.empty()) said.push_back(counted(added, "a plan is added", "plans are added"));
    for (const auto& change : all)
        if (change.key.starts_with("plans.") && !change.before.empty() && !change.after.empty())
            said.push_back(fmt::format("{}: {} becomes {}", change.key, change.before, change.after));
}

void say_restarts(const std::vector<Change>& all, Sentences& said)
{
    for (const auto& change : all)
        if (change.needs_restart)
            said.push_back(fmt::format("{}: {} becomes {}: takes a restart of metkad", change.key,
                                       change.before, change.after));
}

} // namespace

std::vector<std::string> meaning(const Settings& before, const Settings& after)
{
    const Both both{.before = before, .after = after};
    const auto all = changes(before, after);
    Sentences said;
    say_listeners(both, said);
    say_certificate(both, said);
    say_host_certificates(both, said);
    say_keys(all, said);
    say_plans(both, all, said);
    say_restarts(all, said);
    return said;
}

} // namespace metka::settings
