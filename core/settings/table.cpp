#include "core/settings/table.h"

#include <algorithm>
#include <array>

namespace metka::settings {

namespace {

using enum Reader;

constexpr Readers master{metkad};
constexpr Readers everyone{metkad, store, smtp, access, auth};
constexpr Readers engine{store, smtp, access, auth};

constexpr std::array kinds{
    KindRow{Kind::path, "path", "an absolute path like /var/lib/metka"},
    KindRow{Kind::socket, "socket", "an absolute path of at most 107 bytes like /run/metka/control.sock"},
    KindRow{Kind::name, "name",
            "a system name: a-z, 0-9, _ and -, a letter or _ first, at most 32 characters"},
    KindRow{Kind::host, "host", "a host name like mail.example.org"},
    KindRow{Kind::zone, "time zone", "a time zone like Europe/Warsaw"},
    KindRow{Kind::number, "number", "a whole number"},
    KindRow{Kind::time, "time", "a time like 30s, 5m, 1h or 2d"},
    KindRow{Kind::size, "size", "a size like 500M or 2G"},
    KindRow{Kind::capacity, "capacity", "a size like 500M or 2G, or unlimited"},
    KindRow{Kind::level, "level", "error, warning, info or debug"},
    KindRow{Kind::language, "language", "pl or en"},
    KindRow{Kind::truth, "truth", "yes or no"},
    KindRow{Kind::days, "days", "numbers of days like \"30,7,1\", or none"},
    KindRow{Kind::domain, "domain", "a domain name like example.org"},
    KindRow{Kind::domains, "domains", "a list of domain names like [example.org, example.net]"},
    KindRow{Kind::address, "address", "a mail address like office@example.org"},
    KindRow{Kind::listen, "addresses",
            "a list of addresses like [\"*:25\"] or [\"127.0.0.1:2525\", \"[::1]:2525\"]"},
};
static_assert(kinds.size() == static_cast<std::size_t>(Kind::count_));

constexpr std::array section_rows{
    Section{"state", "Where the instance keeps what it must not lose"},
    Section{"control", "How metkactl reaches metkad"},
    Section{"operator", "Who runs the machine"},
    Section{"accounts", "The Unix users behind shell accounts"},
    Section{"dns", "Where metkad asks for the records that prove a domain"},
    Section{"users", "The system users that the programs become when metkad runs as root"},
    Section{"tls", "The certificate that every listener presents"},
    Section{"smtp", "Mail from other servers, and the limits of every SMTP session, submission included"},
    Section{"submission", "Mail from clients that begin with STARTTLS"},
    Section{"submissions", "Mail from clients under TLS from the first byte (RFC 8314)"},
    Section{"pop3s", "Where mailboxes are fetched, under TLS from the first byte"},
    Section{"pop3",
            "Where fetching begins in the clear, with STLS (RFC 2595), and the limits of every POP3 session"},
    Section{"auth", "Checking passwords"},
    Section{"log", "What is logged"},
    Section{"plan", "What accounts start from, the plan “standard”; the administrator can override each "
                    "number for an account"},
};

using S = Settings;
constexpr auto refused = None::refused;
constexpr auto allowed = None::allowed;
constexpr auto on_restart = Changes::on_restart;

// clang-format off
constexpr std::array table{
    // key, member, kind, unit, default, least, most, none, readers, sentence, changes
    Row{"generation", &S::generation, Kind::number, "", "0", "", "", refused, engine,
        "The generation this file belongs to; written by metkad"},

    Row{"state.folder", &S::state_folder, Kind::path, "", "/var/lib/metka", "", "", refused, {metkad, store, smtp, auth},
        "The folder of the directory, the secrets and the mail; every user of the engine must be able to cross its parents",
        on_restart},
    Row{"state.generations", &S::state_generations, Kind::number, "generations", "50", "5", "10000", refused, master,
        "How many generations of the configuration are kept besides the one that runs, to be compared with and returned to"},

    Row{"control.socket", &S::control_socket, Kind::socket, "", "/run/metka/control.sock", "", "", refused, master,
        "The Unix socket that metkactl connects to", on_restart},
    Row{"control.admin_group", &S::control_admin_group, Kind::name, "", "metka-admin", "", "", refused, master,
        "Members of this group are administrators, as root is"},

    Row{"operator.host", &S::operator_host, Kind::host, "", "none", "", "", allowed, {metkad, store, smtp},
        "The name this machine has in greetings and trace headers (RFC 5321 section 4.1.3); none: the system's host name"},
    Row{"operator.domain", &S::operator_domain, Kind::domain, "", "none", "", "", allowed, {metkad, store},
        "The host domain, the operator's own; it cannot be given to a customer"},
    Row{"operator.local_zones", &S::operator_local_zones, Kind::domains, "",
        "lublin.pl krasnik.pl leczna.pl lubartow.pl poniatowa.pl swidnik.pl", "", "", allowed, master,
        "A domain directly below one of these zones is local: registered by the operator, and active at once"},
    Row{"operator.inbox", &S::operator_inbox, Kind::address, "", "none", "", "", allowed, {metkad, store, smtp},
        "Who reads mail for postmaster and abuse of every domain, and for a bare <postmaster> (RFC 5321 section 4.5.1); "
        "none: postmaster in the host domain, which is made with the first active domain"},
    Row{"operator.time_zone", &S::operator_time_zone, Kind::zone, "", "Europe/Warsaw", "", "", refused, master,
        "Where the last day of a mailbox ends"},
    Row{"operator.language", &S::operator_language, Kind::language, "", "pl", "", "", refused, master,
        "What notices to the accounts of a new customer are written in"},

    Row{"accounts.maildir_link", &S::accounts_maildir_link, Kind::truth, "", "yes", "", "", refused, master,
        "Whether a new shell account gets a link ~/Maildir to its inbox, if nothing of that name is there"},
    Row{"accounts.home_folder", &S::accounts_home_folder, Kind::path, "", "/home", "", "", refused, master,
        "Where the homes of Unix users that Metka creates are made; on btrfs each is a subvolume of its own"},

    Row{"dns.servers", &S::dns_servers, Kind::listen, "", "none", "", "", allowed, master,
        "Recursive name servers; none: those of the system (resolv.conf(5))"},

    Row{"users.store", &S::users_store, Kind::name, "", "metka-mail", "", "", refused, {metkad, store},
        "The user of metka-store, who owns all mail", on_restart},
    Row{"users.smtp", &S::users_smtp, Kind::name, "", "metka-smtp", "", "", refused, {metkad, smtp},
        "The user of metka-smtp", on_restart},
    Row{"users.access", &S::users_access, Kind::name, "", "metka-access", "", "", refused, {metkad, access},
        "The user of metka-access", on_restart},
    Row{"users.auth", &S::users_auth, Kind::name, "", "metka-auth", "", "", refused, {metkad, auth},
        "The user of metka-auth, who owns the secrets", on_restart},
    Row{"users.errand", &S::users_errand, Kind::name, "", "metka-errand", "", "", refused, master,
        "The user that measures homes", on_restart},
    Row{"users.resolver", &S::users_resolver, Kind::name, "", "metka-resolver", "", "", refused, master,
        "The user of metka-resolver", on_restart},
    Row{"users.directory_group", &S::users_directory_group, Kind::name, "", "metka-directory", "", "", refused,
        {metkad, store, smtp, auth},
        "The group whose members may read the directory database", on_restart},

    Row{"tls.certificate", &S::tls_certificate, Kind::path, "", "/etc/metka/tls/certificate.pem", "", "", allowed, master,
        "The certificate chain, PEM, the host's own first; none: no TLS, and so no clients"},
    Row{"tls.key", &S::tls_key, Kind::path, "", "/etc/metka/tls/key.pem", "", "", allowed, master,
        "The private key of that certificate, PEM; metkad alone opens it"},

    Row{"smtp.listen", &S::smtp_listen, Kind::listen, "", "*:25", "", "", allowed, master,
        "Where other servers deliver"},
    Row{"smtp.message_size", &S::smtp_message_size, Kind::size, "", "2G", "64K", "1T", refused, {metkad, smtp},
        "The largest message that is taken (RFC 1870); RFC 5321 section 4.5.3.1.7 asks for at least 64K"},
    Row{"smtp.recipients", &S::smtp_recipients, Kind::number, "recipients", "1000", "100", "3000", refused, {metkad, smtp},
        "Recipients of one message; RFC 5321 section 4.5.3.1.8 asks for at least 100"},
    Row{"smtp.errors", &S::smtp_errors, Kind::number, "errors", "10", "1", "1000", refused, {metkad, smtp},
        "Commands refused for good (5yz) after which a session is closed, refused recipients included"},
    Row{"smtp.commands", &S::smtp_commands, Kind::number, "commands", "10000", "100", "10000000", refused, {metkad, smtp},
        "Commands after which a session is closed"},
    Row{"smtp.command_timeout", &S::smtp_command_timeout, Kind::time, "", "5m", "1s", "1h", refused, {metkad, smtp},
        "How long to wait for a command; RFC 5321 section 4.5.3.2.7 asks for 5m"},
    Row{"smtp.data_timeout", &S::smtp_data_timeout, Kind::time, "", "3m", "1s", "1h", refused, {metkad, smtp},
        "How long to wait for more of a message (RFC 5321 section 4.5.3.2.5)"},
    Row{"smtp.transfer_timeout", &S::smtp_transfer_timeout, Kind::time, "", "4h", "1s", "2d", refused, {metkad, smtp},
        "How long one whole message may take to arrive"},
    Row{"smtp.slowest_rate", &S::smtp_slowest_rate, Kind::size, "", "512", "1", "1G", refused, {metkad, smtp},
        "How much of a message must come in a second, on average, once smtp.data_timeout has passed"},
    Row{"smtp.connections", &S::smtp_connections, Kind::number, "connections", "5000", "1", "100000", refused, {metkad, smtp},
        "Connections at a time, of all three SMTP services together"},
    Row{"smtp.connections_per_address", &S::smtp_connections_per_address, Kind::number, "connections", "50", "1", "100000",
        refused, {metkad, smtp},
        "Connections at a time from one IPv4 address or IPv6 /64"},
    Row{"smtp.connections_per_network", &S::smtp_connections_per_network, Kind::number, "connections", "200", "1", "100000",
        refused, {metkad, smtp},
        "Connections at a time from one IPv4 /24 or IPv6 /48; where smtp.connections_per_address is more, that many"},
    Row{"smtp.connections_per_minute", &S::smtp_connections_per_minute, Kind::number, "connections", "1200", "2", "10000000",
        refused, {metkad, smtp},
        "New connections in any minute from one IPv4 address or IPv6 /64"},
    Row{"smtp.limit_loopback", &S::smtp_limit_loopback, Kind::truth, "", "no", "", "", refused, {metkad, smtp},
        "Whether the limits per network and per minute hold for connections from this machine itself, too"},

    Row{"submission.listen", &S::submission_listen, Kind::listen, "", "*:587", "", "", allowed, master,
        "Where clients submit mail (RFC 6409): STARTTLS, then AUTH, before anything else"},
    Row{"submissions.listen", &S::submissions_listen, Kind::listen, "", "*:465", "", "", allowed, master,
        "Where clients submit mail under TLS from the first byte"},
    Row{"pop3s.listen", &S::pop3s_listen, Kind::listen, "", "*:995", "", "", allowed, master,
        "Where clients fetch mail"},

    Row{"pop3.listen", &S::pop3_listen, Kind::listen, "", "none", "", "", allowed, master,
        "Where clients may begin in the clear, on port 110 as a rule, and say STLS before anything else; none: nowhere"},
    Row{"pop3.idle_timeout", &S::pop3_idle_timeout, Kind::time, "", "10m", "1s", "1d", refused, {metkad, access},
        "How long a session that has logged in may be silent; RFC 1939 section 3 asks for at least 10m"},
    Row{"pop3.login_timeout", &S::pop3_login_timeout, Kind::time, "", "1m", "1s", "1h", refused, {metkad, access},
        "How long a client may take from the greeting to its log-in"},
    Row{"pop3.login_delay", &S::pop3_login_delay, Kind::time, "", "0s", "0s", "1d", refused, {metkad, access, auth},
        "The least time between two log-ins to one account (RFC 2449 section 6.5); 0s: none"},
    Row{"pop3.connections", &S::pop3_connections, Kind::number, "connections", "5000", "1", "100000", refused, {metkad, access},
        "Connections at a time, of both POP3 services together"},
    Row{"pop3.connections_per_address", &S::pop3_connections_per_address, Kind::number, "connections", "50", "1", "100000",
        refused, {metkad, access},
        "Connections at a time from one IPv4 address or IPv6 /64"},
    Row{"pop3.connections_per_network", &S::pop3_connections_per_network, Kind::number, "connections", "200", "1", "100000",
        refused, {metkad, access},
        "Connections at a time from one IPv4 /24 or IPv6 /48; where pop3.connections_per_address is more, that many"},
    Row{"pop3.connections_per_minute", &S::pop3_connections_per_minute, Kind::number, "connections", "600", "2", "10000000",
        refused, {metkad, access},
        "New connections in any minute from one IPv4 address or IPv6 /64"},
    Row{"pop3.limit_loopback", &S::pop3_limit_loopback, Kind::truth, "", "no", "", "", refused, {metkad, access},
        "Whether the limits per network and per minute hold for connections from this machine itself, too"},

    Row{"auth.parallel_hashes", &S::auth_parallel_hashes, Kind::number, "hashes", "2", "1", "64", refused, {metkad, auth},
        "Passwords hashed at a time; each takes 16M of memory and all of one processor"},
    Row{"auth.guesses_per_address", &S::auth_guesses_per_address, Kind::number, "guesses", "16", "2", "1000000", refused,
        {metkad, auth},
        "Wrong passwords that one IPv4 address or IPv6 /64 may try in any minute; beyond that its log-ins are refused unseen"},
    Row{"auth.guesses_per_network", &S::auth_guesses_per_network, Kind::number, "guesses", "300", "2", "1000000", refused,
        {metkad, auth},
        "Wrong passwords that one IPv4 /24 or IPv6 /48 may try in any hour"},
    Row{"auth.guesses_per_account", &S::auth_guesses_per_account, Kind::number, "guesses", "100", "2", "1000000", refused,
        {metkad, auth},
        "Wrong passwords that may be tried on one account in any hour, from wherever it was not opened in the last days; "
        "beyond that three times as many at most, one from each IPv4 /24 or IPv6 /32 where none failed in that hour"},

    Row{"log.level", &S::log_level, Kind::level, "", "info", "", "", refused, everyone,
        "The least that is logged: error, warning, info or debug"},

    Row{"plan.disk_limit", &S::plan_disk_limit, Kind::capacity, "", "500M", "1M", "", refused, master,
        "The disk limit of a new shell account: its home, its inbox and its free mailboxes together"},
    Row{"plan.capacity", &S::plan_capacity, Kind::capacity, "", "50M", "1M", "", refused, master,
        "The capacity of a new mailbox"},
    Row{"plan.lifetime", &S::plan_lifetime, Kind::number, "days", "365", "0", "36500", refused, master,
        "How many days a new mailbox is valid; 0: without end"},
    Row{"plan.free_mailboxes_per_shell", &S::plan_free_mailboxes_per_shell, Kind::number, "mailboxes", "5", "0", "1000",
        refused, master,
        "Free mailboxes in the space of one shell account"},
    Row{"plan.free_mailboxes_per_domain", &S::plan_free_mailboxes_per_domain, Kind::number, "mailboxes", "5", "0", "1000",
        refused, master,
        "Free mailboxes with an address in one domain"},
    Row{"plan.self_service_aliases", &S::plan_self_service_aliases, Kind::number, "aliases", "5", "0", "1000", refused, master,
        "Aliases that the user of a shell account may make"},
    Row{"plan.notice_days", &S::plan_notice_days, Kind::days, "", "30,7,1", "", "", allowed, master,
        "How many days before its last day the user of a mailbox is told"},
    Row{"plan.grace_days", &S::plan_grace_days, Kind::number, "days", "30", "0", "36500", refused, master,
        "How many days an expired or removed mailbox keeps its mail"},
    Row{"plan.quarantine_days", &S::plan_quarantine_days, Kind::number, "days", "90", "0", "36500", refused, master,
        "How many days a freed address is kept from other customers"},
    Row{"plan.messages_per_hour", &S::plan_messages_per_hour, Kind::number, "messages", "250", "0", "10000000", refused,
        {metkad, auth},
        "How many messages an account may send in an hour; 0: no limit"},
    Row{"plan.messages_per_day", &S::plan_messages_per_day, Kind::number, "messages", "1000", "0", "10000000", refused,
        {metkad, auth},
        "How many messages an account may send in a day; 0: no limit"},
};
// clang-format on

} // namespace

const KindRow& row_of(Kind kind)
{
    return kinds.at(static_cast<std::size_t>(kind));
}

std::span<const Row> rows()
{
    return table;
}

std::span<const Row> rows_of(std::string_view section)
{
    const auto* const first = std::ranges::find(table, section, &Row::section);
    return {first,
            std::find_if(first, table.end(), [&](const Row& row) { return row.section() != section; })};
}

const Row* find_row(std::string_view key)
{
    const auto* const found = std::ranges::find(table, key, &Row::key);
    return found == table.end() ? nullptr : found;
}

std::span<const Section> sections()
{
    return section_rows;
}

} // namespace metka::settings
