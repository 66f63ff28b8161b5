#pragma once
// Where a client comes from, as those who count clients see it: one IPv4 address or one IPv6 /64 is a source,
// for whoever has one address of a /64 has them all; an IPv4 /24 or an IPv6 /48 is a network.

#include <string>
#include <string_view>

struct sockaddr_storage;

namespace metka::net {

struct Origin {
    enum class Family { other, ipv4, ipv6 };

    std::string peer;    // the address as text, for the log; "local": a Unix socket
    std::string source;  // "192.0.2.1", "2001:db8::/64"
    std::string network; // "192.0.2.0/24", "2001:db8::/48"
    Family family = Family::other;
    bool is_this_machine = false; // 127.0.0.0/8, ::1, a Unix socket
};

Origin origin_of(const sockaddr_storage& address); // an IPv4 address mapped into IPv6 is the IPv4 address
Origin
origin_of(std::string_view peer); // from its text; what is no address is a source and network by itself

// The network, or of IPv6 the /32 that holds it, "2001:db8::/32": so much, and 65,536 networks with it, each
// provider gets for the asking.
std::string allocation_of(const Origin& origin);

} // namespace metka::net
