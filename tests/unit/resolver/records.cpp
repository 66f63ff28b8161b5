#include "daemon/resolver/records.h"

#include <doctest/doctest.h>

#include "core/dns/protocol.h"
#include "daemon/resolver/servers.h"
#include "tests/unit/resolver/name_server.h"

using namespace metka;
using namespace metka::resolver;
using namespace metka::resolver::test;

TEST_CASE("an MX record is read with its host in lower case, the null MX with none")
{
    const auto plain = read_mx(mx(10, "MAIL.Example.org"));
    REQUIRE(plain);
    CHECK(plain->preference == 10);
    CHECK(plain->host == "mail.example.org");
    CHECK(read_mx(mx(65535, "a"))->preference == 65535);
    CHECK(read_mx(mx(0, ""))->host.empty());
}

TEST_CASE("an MX record that is cut short, goes on, or names what is no host is not taken")
{
    const auto whole = mx(10, "mail.example.org");
    for (std::size_t size = 0; size < whole.size(); ++size) {
        CAPTURE(size);
        CHECK_FALSE(read_mx(std::string_view(whole).substr(0, size)));
    }
    CHECK_FALSE(read_mx(whole + "x"));
    CHECK_FALSE(read_mx(mx(10, "ma il.example.org")));
    CHECK_FALSE(read_mx(mx(10, "ma\x1bil.example.org")));
    CHECK_FALSE(read_mx(std::string("\0\x0A\x03"
                                    "a.b\0",
                                    7)));
    CHECK_FALSE(read_mx("\0\x0A\xC0\x0C")); // a pointer
    std::string deep;
    for (int i = 0; i < 130; ++i)
        deep += "a.";
    CHECK_FALSE(read_mx(mx(10, deep)));
}

TEST_CASE("the strings of a TXT record are joined, and made printable")
{
    CHECK(read_text(txt({"v=spf1 mx", " -all"})) == "v=spf1 mx -all");
    CHECK(read_text(txt({""})) == "");
    CHECK(read_text(txt({"a\nb"})) == "a\\x0Ab");
    const auto whole = txt({"abc", "de"});
    CHECK_FALSE(read_text(std::string_view(whole).substr(0, whole.size() - 1)));
    CHECK_FALSE(read_text(std::string_view(whole).substr(0, 2)));
}

TEST_CASE("an answer keeps within its bounds, the lowest preferences and the sender policies first")
{
    policy::DomainRecords many;
    for (std::uint16_t i = 0; i < 100; ++i)
        many.mx.push_back({static_cast<std::uint16_t>(100 - i), "mail.example.org"});
    for (int i = 0; i < 100; ++i)
        many.texts.push_back(std::string(1000, 'x'));
    many.texts.emplace_back("v=spf1 -all");
    many.proofs = {std::string(dns::most_text + 1, 'x'), "token"};
    const auto kept = dns::cut_to_fit(many);
    CHECK(kept.mx.size() == dns::most_mx);
    CHECK(kept.mx.front().preference == 1);
    CHECK(kept.texts.front() == "v=spf1 -all");
    CHECK(kept.texts.size() <= dns::most_texts);
    CHECK(kept.proofs == std::vector<std::string>{"token"});
    CHECK(dns::check({.records = kept}));
    CHECK(sys::encode(dns::Answer{.records = kept}).fits());
    CHECK_FALSE(dns::check({.records = many}));
    CHECK_FALSE(dns::check({.records = {.mx = {{10, "a b"}}}}));
}

TEST_CASE("the servers of resolv.conf are taken in their order, the one here if there is none")
{
    using List = std::vector<std::string>;
    CHECK(servers_in("# x\nsearch example.org\nnameserver 192.0.2.1\nnameserver\t2001:db8::1 # second\n") ==
          List{"192.0.2.1@53", "2001:db8::1@53"});
    CHECK(servers_in("nameservers 192.0.2.1\noptions edns0\n") == List{"127.0.0.1@53"});
    CHECK(servers_in("") == List{"127.0.0.1@53"});
    std::string many;
    for (int i = 0; i < 100; ++i)
        many += "nameserver 192.0.2.1\n";
    CHECK(servers_in(many).size() == dns::most_servers);
    CHECK(ports_of({"192.0.2.1@53", "127.0.0.1@5353", "[::1]@53", "192.0.2.9"}) ==
          std::vector<std::uint16_t>{53, 5353});
}
