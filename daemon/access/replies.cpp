#include "daemon/access/replies.h"

#include <array>

#include <fmt/format.h>

namespace metka::access::replies {

namespace {

// In the order of wire::Pop3Fault.
constexpr std::array<std::string_view, static_cast<std::size_t>(wire::Pop3Fault::count_)> refusals{
    "-ERR a line ends in CRLF and holds no other CR, LF or NUL\r\n",
    "-ERR line too long\r\n",
    "-ERR unknown command\r\n",
    "-ERR wrong arguments for this command\r\n",
    "-ERR a number of 1 or more was expected\r\n",
    "-ERR names and passwords are UTF-8\r\n",
    "-ERR this is a POP3 server\r\n",
};

enum class Told { always, in_the_clear, under_tls };
struct Capability {
    std::string_view text;
    Told told;
};

// Under TLS STLS is no longer there (RFC 2595 §4), and before it nothing that sends a password.
constexpr std::array<Capability, 11> capability_rows{{
    {"TOP", Told::always},
    {"UIDL", Told::always},
    {"STLS", Told::in_the_clear},
    {"USER", Told::under_tls},
    {"SASL PLAIN", Told::under_tls},  // RFC 5034 §3
    {"UTF8 USER", Told::under_tls},   // RFC 6856 §2
    {"RESP-CODES", Told::always},     // RFC 2449 §8
    {"AUTH-RESP-CODE", Told::always}, // RFC 3206 §6
    {"PIPELINING", Told::always},     // RFC 2449 §6.6
    {"EXPIRE NEVER", Told::always},   // §6.7: what a mailbox holds stays as long as the mailbox
    {"IMPLEMENTATION Metka", Told::always},
}};

} // namespace

std::string capabilities(Line line, std::chrono::milliseconds login_delay)
{
    const auto hidden = line == Line::under_tls ? Told::in_the_clear : Told::under_tls;
    std::string all = "+OK\r\n";
    for (const auto& row : capability_rows)
        if (row.told != hidden) all.append(row.text).append("\r\n");
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(login_delay).count();
    if (seconds > 0) all += fmt::format("LOGIN-DELAY {}\r\n", seconds); // RFC 2449 §6.5
    return all += end_of_list;
}

std::string_view refusal(wire::Pop3Fault fault)
{
    return refusals[static_cast<std::size_t>(fault)];
}

std::string opened(std::uint64_t messages, std::uint64_t octets)
{
    return fmt::format("+OK {} messages ({} octets)\r\n", messages, octets);
}

std::string opened_expired(std::uint64_t messages, std::uint64_t octets)
{
    return fmt::format(
        "+OK {} messages ({} octets); this mailbox has expired: read only until it is renewed\r\n", messages,
        octets);
}

std::string totals(std::uint64_t messages, std::uint64_t octets)
{
    return fmt::format("+OK {} {}\r\n", messages, octets);
}

std::string octets_follow(std::uint64_t octets)
{
    return fmt::format("+OK {} octets\r\n", octets);
}

std::string list_row(std::uint64_t message, std::uint64_t octets)
{
    return fmt::format("{} {}\r\n", message, octets);
}

std::string list_row(std::uint64_t message, std::string_view uid)
{
    return fmt::format("{} {}\r\n", message, uid);
}

std::string not_removed(std::uint64_t left, std::uint64_t deleted)
{
    return fmt::format(
        "-ERR [SYS/TEMP] {} of {} deleted messages could not be removed and are still there\r\n", left,
        deleted);
}

std::string single(const std::string& row)
{
    return "+OK " + row;
}

} // namespace metka::access::replies
