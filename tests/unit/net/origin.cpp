#include "core/net/origin.h"

#include <array>
#include <string_view>

#include <doctest/doctest.h>
#include <sys/socket.h>

using namespace metka::net;

TEST_CASE("an IPv4 address is a source, its /24 a network, and an IPv6 /64 a source, its /48 a network")
{
    struct Row {
        std::string_view peer, shown, source, network;
        bool is_this_machine;
    };
    constexpr std::array<Row, 10> rows{{
        {"192.0.2.1", "192.0.2.1", "192.0.2.1", "192.0.2.0/24", false},
        {"192.0.2.255", "192.0.2.255", "192.0.2.255", "192.0.2.0/24", false},
        {"127.0.0.1", "127.0.0.1", "127.0.0.1", "127.0.0.0/24", true},
        {"127.9.0.1", "127.9.0.1", "127.9.0.1", "127.9.0.0/24", true},
        {"::ffff:192.0.2.1", "192.0.2.1", "192.0.2.1", "192.0.2.0/24", false},
        {"2001:db8:1:2:3:4:5:6", "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64", "2001:db8:1::/48", false},
        {"2001:db8:1:2:ffff:ffff:ffff:ffff", "2001:db8:1:2:ffff:ffff:ffff:ffff", "2001:db8:1:2::/64",
         "2001:db8:1::/48", false},
        {"::1", "::1", "::/64", "::/48", true},
        {"local", "local", "local", "local", false},
        {"", "", "", "", false},
    }};
    for (const auto& row : rows) {
        CAPTURE(row.peer);
        const auto origin = origin_of(row.peer);
        CHECK(origin.peer == row.shown);
        CHECK(origin.source == row.source);
        CHECK(origin.network == row.network);
        CHECK(origin.is_this_machine == row.is_this_machine);
    }
}

TEST_CASE("what a provider has by itself is an IPv6 /32, and of all others their network")
{
    CHECK(allocation_of(origin_of("2001:db8:1:2:3:4:5:6")) == "2001:db8::/32");
    CHECK(allocation_of(origin_of("2001:db8:ffff::1")) == "2001:db8::/32");
    CHECK(allocation_of(origin_of("2001:db9::1")) == "2001:db9::/32");
    CHECK(allocation_of(origin_of("::ffff:192.0.2.1")) == "192.0.2.0/24");
    CHECK(allocation_of(origin_of("192.0.2.1")) == "192.0.2.0/24");
    CHECK(allocation_of(origin_of("local")) == "local");
}

TEST_CASE("who comes over a Unix socket comes from this machine")
{
    sockaddr_storage address{};
    address.ss_family = AF_UNIX;
    const auto origin = origin_of(address);
    CHECK(origin.peer == "local");
    CHECK(origin.is_this_machine);
}
