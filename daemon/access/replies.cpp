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
    "-ERR this is a POP3 server\r\n",
};

} // namespace

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

std::string single(const std::string& row)
{
    return "+OK " + row;
}

} // namespace metka::access::replies
