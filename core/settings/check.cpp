#include <array>

#include "core/settings/values.h"

namespace metka::settings {

namespace {

void report(Problems& problems, std::string_view key, std::string text)
{
    problems.push_back(
        {.file = {}, .line = 0, .column = 0, .key = std::string(key), .text = std::move(text)});
}

// Linux gives no port of `*` to a second socket, whatever address that one names.
bool collide(const ListenAddress& a, const ListenAddress& b)
{
    return a.port == b.port && (a.host == b.host || a.host == "*" || b.host == "*");
}

struct Listener {
    std::string_view key;
    std::vector<ListenAddress> Settings::* addresses;
};
constexpr std::array<Listener, 5> listeners{{{"smtp.listen", &Settings::smtp_listen},
                                             {"submission.listen", &Settings::submission_listen},
                                             {"submissions.listen", &Settings::submissions_listen},
                                             {"pop3s.listen", &Settings::pop3s_listen},
                                             {"pop3.listen", &Settings::pop3_listen}}};

void check_listeners(const Settings& settings, Problems& problems)
{
    std::vector<std::pair<std::string_view, ListenAddress>> taken;
    for (const auto& listener : listeners) {
        for (const auto& address : settings.*listener.addresses) {
            for (const auto& [key, other] : taken)
                if (collide(address, other))
                    report(problems, listener.key,
                           fmt::format("{} cannot be had beside {} of {}; give one of them another port",
                                       address.text(), other.text(), key));
            taken.emplace_back(listener.key, address);
        }
    }
}

void check_certificate(const Settings& settings, Problems& problems)
{
    const bool has_certificate = !settings.tls_certificate.empty();
    const bool has_key = !settings.tls_key.empty();
    if (has_certificate != has_key)
        report(problems, has_certificate ? "tls.key" : "tls.certificate",
               "a certificate and its key go together; set both, or both to none");
    if (has_certificate || has_key) return;
    for (const auto& listener : listeners)
        if (listener.key != "smtp.listen" && !(settings.*listener.addresses).empty())
            report(problems, listener.key,
                   "this service needs tls.certificate and tls.key; set them, or this to none");
}

// A name for the Problem of an entry's word.
std::string word_of(const CertificateFiles& files, std::string_view word)
{
    return fmt::format("certificates.{}.{}", files.host, word);
}

void check_host_certificates(const Settings& settings, Problems& problems)
{
    for (const auto& files : settings.certificates) {
        for (const auto& [word, path] :
             {std::pair("certificate", files.certificate), std::pair("key", files.key)})
            if (path.empty())
                report(problems, word_of(files, word),
                       "this is missing; the certificate of a host name has both, “certificate” and “key”");
    }
    if (!settings.certificates.empty() && settings.tls_certificate.empty())
        report(
            problems, fmt::format("certificates.{}", settings.certificates.front().host),
            "certificates of host names need tls.certificate and tls.key, for clients that ask for no name; "
            "set them");
}

// What is rendered stays within the limits of what is read.
constexpr std::size_t most_certificates = 1000;
constexpr std::size_t most_plans = 200;

void check_counts(const Settings& settings, Problems& problems)
{
    if (settings.certificates.size() > most_certificates)
        report(problems, fmt::format("certificates.{}", settings.certificates[most_certificates].host),
               fmt::format("there are {} certificates of host names; the most is {}",
                           settings.certificates.size(), most_certificates));
    if (settings.plans.size() > most_plans)
        report(problems, fmt::format("plans.{}", settings.plans[most_plans].name),
               fmt::format("there are {} plans; the most is {}", settings.plans.size(), most_plans));
}

// What one setting promises and a smaller one could never keep.
struct AtMost {
    std::string_view key;
    std::string_view least_of;
    bool (*holds)(const Settings&);
};
constexpr std::array<AtMost, 4> at_most{{
    {"smtp.connections_per_address", "smtp.connections",
     [](const Settings& s) { return s.smtp_connections_per_address <= s.smtp_connections; }},
    {"pop3.connections_per_address", "pop3.connections",
     [](const Settings& s) { return s.pop3_connections_per_address <= s.pop3_connections; }},
    {"smtp.data_timeout", "smtp.transfer_timeout",
     [](const Settings& s) { return s.smtp_data_timeout <= s.smtp_transfer_timeout; }},
    {"plan.capacity", "plan.disk_limit",
     [](const Settings& s) {
         return !s.plan_disk_limit || (s.plan_capacity && *s.plan_capacity <= *s.plan_disk_limit);
     }},
}};

std::string value_of(const Settings& settings, std::string_view key)
{
    const auto& row = *find_row(key);
    return yaml_of(words_of(settings, row), row);
}

void check_order(const Settings& settings, Problems& problems)
{
    for (const auto& rule : at_most)
        if (!rule.holds(settings))
            report(problems, rule.key,
                   fmt::format("{} is more than {} of {}; lower it, or raise that",
                               value_of(settings, rule.key), value_of(settings, rule.least_of),
                               rule.least_of));
}

} // namespace

Problems check(const Settings& settings)
{
    Problems problems;
    check_listeners(settings, problems);
    check_certificate(settings, problems);
    check_host_certificates(settings, problems);
    check_counts(settings, problems);
    check_order(settings, problems);
    return problems;
}

} // namespace metka::settings
