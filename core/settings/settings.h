#pragma once
// The settings of an instance, typed. A person edits metka.yaml; metkad alone reads it (Reader::metkad) and
// writes one engine/<program>.yaml for each program, which holds that program's keys and no others.
//
// Every key is one row of the table in table.h: from it come the loader, the writer, the sample and
// metka.yaml(5). Key and member go together: `smtp.message_size` is Settings::smtp_message_size. Texts may be
// empty where the key may be `none`. Nothing here makes a system call: whether a file exists is for the
// program to find out.

#include <chrono>
#include <compare>
#include <cstdint>
#include <expected>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/bytes.h"
#include "core/base/result.h"
#include "core/domain/address.h"
#include "core/domain/domain_name.h"
#include "core/domain/objects.h"

namespace metka::settings {

struct ListenAddress {
    std::string host;       // an IPv4 or IPv6 address without brackets, or "*": every address, IPv4 and IPv6
    std::uint16_t port = 0; // never 0

    static Result<ListenAddress> parse(std::string_view); // 127.0.0.1:25, [::1]:25, *:25
    std::string text() const;
    auto operator<=>(const ListenAddress&) const = default;
};

enum class LogLevel { error, warning, info, debug }; // in the order of sys::Level

// Whose file is read or written.
enum class Reader { metkad, store, smtp, access, auth };
std::string_view program(Reader); // "metkad", "metka-store", …

// The numbers that accounts start from (DOMAIN "plan"). `standard` is the section `plan`; others stand below
// `plans`, each with the numbers that differ.
struct Plan {
    std::string name;
    Capacity disk_limit;
    Capacity capacity;
    std::uint64_t lifetime = 0; // days; 0: no end
    std::uint64_t self_service_aliases = 0;
    std::uint64_t free_mailboxes_per_shell = 0;
    std::uint64_t free_mailboxes_per_domain = 0;
    NoticeDays notice_days;
    std::uint64_t grace_days = 0;
    std::uint64_t quarantine_days = 0;
    std::uint64_t messages_per_hour = 0; // 0: no limit
    std::uint64_t messages_per_day = 0;  // 0: no limit

    bool operator==(const Plan&) const = default;
};

// The certificate of one host name, for clients that ask for it (SNI); others get that of `tls`.
struct CertificateFiles {
    std::string host; // a host name, or *.example.org
    std::string certificate;
    std::string key;

    bool operator==(const CertificateFiles&) const = default;
};

struct Settings {
    Settings(); // every key at its default

    Plan standard() const;
    // The plan of that name; the standard one if metka.yaml no longer has it.
    Plan plan(std::string_view name) const;

    std::uint64_t generation = 0; // engine files only: which generation this file belongs to

    std::string state_folder;
    std::uint64_t state_generations = 0;
    std::string control_socket;
    std::string control_admin_group;

    std::string operator_host; // empty: metkad takes the system's host name; never empty in an engine file
    std::optional<DomainName> operator_domain;
    std::vector<DomainName> operator_local_zones;
    std::optional<Address> operator_inbox; // where mail for a bare <postmaster> goes
    std::string operator_time_zone;
    Language operator_language = Language::polish;

    bool accounts_maildir_link = false;
    std::string accounts_home_folder;

    std::vector<ListenAddress> dns_servers; // empty: those of the system

    std::string users_store;
    std::string users_smtp;
    std::string users_access;
    std::string users_auth;
    std::string users_errand;
    std::string users_resolver;
    std::string users_directory_group;

    std::string tls_certificate; // both empty: no TLS
    std::string tls_key;
    std::vector<CertificateFiles> certificates; // by host name, in the order of the files

    std::vector<ListenAddress> smtp_listen;
    std::vector<ListenAddress> submission_listen;
    std::vector<ListenAddress> submissions_listen;
    std::vector<ListenAddress> pop3s_listen;

    Bytes smtp_message_size;
    std::uint64_t smtp_recipients = 0;
    std::uint64_t smtp_errors = 0;
    std::uint64_t smtp_commands = 0;
    std::chrono::milliseconds smtp_command_timeout{};
    std::chrono::milliseconds smtp_data_timeout{};
    std::chrono::milliseconds smtp_transfer_timeout{};
    Bytes smtp_slowest_rate; // a second
    std::uint64_t smtp_connections = 0;
    std::uint64_t smtp_connections_per_address = 0;
    std::uint64_t smtp_connections_per_network = 0;
    std::uint64_t smtp_connections_per_minute = 0;
    bool smtp_limit_loopback = false;

    std::vector<ListenAddress> pop3_listen;
    std::chrono::milliseconds pop3_idle_timeout{};
    std::chrono::milliseconds pop3_login_timeout{};
    std::chrono::milliseconds pop3_login_delay{};
    std::uint64_t pop3_connections = 0;
    std::uint64_t pop3_connections_per_address = 0;
    std::uint64_t pop3_connections_per_network = 0;
    std::uint64_t pop3_connections_per_minute = 0;
    bool pop3_limit_loopback = false;

    std::uint64_t auth_parallel_hashes = 0;
    std::uint64_t auth_guesses_per_address = 0;
    std::uint64_t auth_guesses_per_network = 0;
    std::uint64_t auth_guesses_per_account = 0;
    LogLevel log_level = LogLevel::info;

    Capacity plan_disk_limit;
    Capacity plan_capacity;
    std::uint64_t plan_lifetime = 0; // days; 0: no end
    std::uint64_t plan_free_mailboxes_per_shell = 0;
    std::uint64_t plan_self_service_aliases = 0;
    std::uint64_t plan_free_mailboxes_per_domain = 0;
    NoticeDays plan_notice_days;
    std::uint64_t plan_grace_days = 0;
    std::uint64_t plan_quarantine_days = 0;
    std::uint64_t plan_messages_per_hour = 0; // 0: no limit
    std::uint64_t plan_messages_per_day = 0;  // 0: no limit
    std::vector<Plan> plans;                  // besides the standard one, in the order of the file

    bool operator==(const Settings&) const = default;
};

// One thing that is wrong with a file. Lines and columns count from 1; 0: the value was not written in the
// file.
struct Problem {
    std::string file;
    std::size_t line = 0;
    std::size_t column = 0;
    std::string key;  // dotted; empty if the file as a whole is wrong
    std::string text; // says what is wrong and what would be right

    std::string show() const; // metka.yaml:3:5: smtp.recipients: “many” is not a number
};
using Problems = std::vector<Problem>;

std::string show(const Problems&); // one a line

// All that is wrong is told at once, in the order of the file; only a file that is no YAML, or YAML beyond
// what settings need (more than one document, anchors, aliases, tags, 1 MiB, depth 16), ends at the first.
// Keys that `reader` may not know are problems. Reader::metkad: a file without problems of its own also goes
// through check().
std::expected<Settings, Problems> load(std::string_view yaml, std::string_view file_name, Reader reader);

// One file of an instance: metka.yaml, or a drop-in.
struct Source {
    std::string file;
    std::string text;
};

// Where the value of a key came from. Keys of named entries are “plans.firm.capacity”.
struct Origin {
    std::string file;
    std::size_t line = 0;

    bool operator==(const Origin&) const = default;
};
using Origins = std::map<std::string, Origin, std::less<>>; // what is not in it has its default

struct Loaded {
    Settings settings;
    Origins origins;
};

// The files of an instance in their order, for metkad: a later one wins, key by key; a list is replaced
// whole; a plan or a certificate is joined with the one of the same name. The problems of all files are told
// at once.
std::expected<Loaded, Problems> load(std::span<const Source> sources);

// What single values cannot show: listeners in each other's way, a certificate without its key, limits that
// contradict each other. Without file and line.
Problems check(const Settings&);

// The file that load(…, reader) reads back to the same values, each with a comment that says which key of
// which file it came from. `generation` is written into engine files and left out of a file for metkad.
std::string render(const Settings&, Reader reader, std::uint64_t generation, const Origins& origins = {});

} // namespace metka::settings
