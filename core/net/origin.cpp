#include "core/net/origin.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace metka::net {

namespace {

constexpr std::uint8_t loopback_net = 127;

std::string text_of(int family, const void* address)
{
    std::array<char, INET6_ADDRSTRLEN> text{};
    return inet_ntop(family, address, text.data(), text.size()) == nullptr ? std::string() : text.data();
}

Origin of_ipv4(in_addr address)
{
    std::array<std::uint8_t, 4> bytes{};
    std::copy_n(reinterpret_cast<const std::uint8_t*>(&address), bytes.size(), bytes.begin());
    const auto peer = text_of(AF_INET, bytes.data());
    const bool is_loopback = bytes[0] == loopback_net;
    bytes[3] = 0;
    return {.peer = peer,
            .source = peer,
            .network = text_of(AF_INET, bytes.data()) + "/24",
            .family = Origin::Family::ipv4,
            .is_this_machine = is_loopback};
}

// The first `kept` bytes of an IPv6 address, with the length in bits.
std::string prefix(in6_addr address, std::size_t kept)
{
    const std::span bytes(address.s6_addr);
    std::ranges::fill(bytes.subspan(kept), std::uint8_t{0});
    return text_of(AF_INET6, &address) + "/" + std::to_string(kept * 8);
}

Origin of_ipv6(in6_addr address)
{
    if (IN6_IS_ADDR_V4MAPPED(&address)) {
        in_addr mapped{};
        std::copy_n(std::span(address.s6_addr).subspan(12).data(), sizeof mapped,
                    reinterpret_cast<std::uint8_t*>(&mapped));
        return of_ipv4(mapped);
    }
    return {.peer = text_of(AF_INET6, &address),
            .source = prefix(address, 8),
            .network = prefix(address, 6),
            .family = Origin::Family::ipv6,
            .is_this_machine = IN6_IS_ADDR_LOOPBACK(&address) != 0};
}

} // namespace

Origin origin_of(const sockaddr_storage& address)
{
    if (address.ss_family == AF_INET) return of_ipv4(reinterpret_cast<const sockaddr_in&>(address).sin_addr);
    if (address.ss_family == AF_INET6)
        return of_ipv6(reinterpret_cast<const sockaddr_in6&>(address).sin6_addr);
    return {.peer = "local", .source = "local", .network = "local", .is_this_machine = true};
}

Origin origin_of(std::string_view peer)
{
    const std::string text(peer);
    in_addr v4{};
    if (inet_pton(AF_INET, text.c_str(), &v4) == 1) return of_ipv4(v4);
    in6_addr v6{};
    if (inet_pton(AF_INET6, text.c_str(), &v6) == 1) return of_ipv6(v6);
    return {.peer = text, .source = text, .network = text};
}

std::string allocation_of(const Origin& origin)
{
    in6_addr address{};
    const bool is_ipv6 = inet_pton(AF_INET6, origin.peer.c_str(), &address) == 1;
    return is_ipv6 ? prefix(address, 4) : origin.network;
}

} // namespace metka::net
