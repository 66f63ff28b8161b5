#include "daemon/resolver/servers.h"

#include <algorithm>

#include "core/base/text.h"
#include "core/dns/protocol.h"

namespace metka::resolver {

namespace {

constexpr std::uint16_t domain_port = 53;
constexpr std::string_view keyword = "nameserver";

// The address behind “nameserver”; empty: another line.
std::string_view address_in(std::string_view line)
{
    if (!line.starts_with(keyword)) return {};
    const auto rest = line.substr(keyword.size());
    if (rest.empty() || (rest.front() != ' ' && rest.front() != '\t')) return {};
    const auto word = trim(rest);
    return word.substr(0, word.find_first_of(" \t;#"));
}

} // namespace

std::vector<std::string> servers_in(std::string_view resolv_conf)
{
    std::vector<std::string> servers;
    for (const auto line : split(resolv_conf, '\n')) {
        const auto address = address_in(line);
        if (!address.empty() && servers.size() < dns::most_servers)
            servers.push_back(fmt::format("{}@{}", address, domain_port));
    }
    if (servers.empty()) servers.push_back(fmt::format("127.0.0.1@{}", domain_port));
    return servers;
}

std::vector<std::uint16_t> ports_of(const std::vector<std::string>& servers)
{
    std::vector<std::uint16_t> ports;
    for (const auto& server : servers) {
        const auto at = server.rfind('@');
        const auto port =
            at == std::string::npos ? domain_port : parse_number(server.substr(at + 1)).value_or(0);
        if (port > 0 && port <= UINT16_MAX) ports.push_back(static_cast<std::uint16_t>(port));
    }
    std::ranges::sort(ports);
    ports.erase(std::ranges::unique(ports).begin(), ports.end());
    return ports;
}

} // namespace metka::resolver
