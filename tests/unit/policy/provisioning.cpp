#include "core/policy/provisioning.h"

#include <doctest/doctest.h>

namespace {

using namespace metka;
using namespace metka::policy;

DomainName domain(std::string_view text)
{
    return DomainName::parse(text).value();
}

Address address(std::string_view text)
{
    return Address::parse(text).value();
}

struct Expected {
    bool yes = true;
    Fault fault = Fault::internal;
    std::string_view says = {}; // part of the refusal
};

void check(const Result<void>& result, const Expected& expected)
{
    REQUIRE(result.has_value() == expected.yes);
    if (expected.yes) return;
    CHECK(result.error().fault == expected.fault);
    CHECK_MESSAGE(result.error().text.contains(expected.says), result.error().text);
}

const Expected yes{};
Expected no(Fault fault, std::string_view says)
{
    return {.yes = false, .fault = fault, .says = says};
}

} // namespace

TEST_CASE("a domain is local only as a direct child of a local zone, zones and the host domain are nobody's")
{
    const OperatorNames operators{domain("platon.man.lublin.pl"),
                                  {domain("lublin.pl"), domain("krasnik.pl")}};
    struct Row {
        std::string_view name;
        std::optional<DomainKind> kind;
    };
    const Row rows[] = {
        {"moja-firma.lublin.pl", DomainKind::local},
        {"sklep.krasnik.pl", DomainKind::local},
        {"x.y.lublin.pl", DomainKind::foreign},
        {"example.com", DomainKind::foreign},
        {"notlublin.pl", DomainKind::foreign},
        {"lublin.pl", std::nullopt},
        {"krasnik.pl", std::nullopt},
        {"platon.man.lublin.pl", std::nullopt},
    };
    for (const auto& row : rows) {
        CAPTURE(row.name);
        const auto kind = kind_of_new_domain(domain(row.name), operators);
        REQUIRE(kind.has_value() == row.kind.has_value());
        if (row.kind)
            CHECK(*kind == *row.kind);
        else
            CHECK(kind.error().fault == Fault::invalid);
    }
}

TEST_CASE("no shell account has a reserved name")
{
    for (const std::string_view login : {"postmaster", "abuse", "hostmaster", "webmaster", "admin",
                                         "administrator", "root", "mailer-daemon"})
        check(may_name_shell_account(login), no(Fault::invalid, login));
    check(may_name_shell_account("anna"), yes);
}

TEST_CASE("an address goes only into a proven domain of the same customer")
{
    const auto facts = [](std::string owner, DomainState state) {
        return PlaceFacts{address("a@example.com"), "firma", std::move(owner), state};
    };
    check(may_place_address(facts("firma", DomainState::active)), yes);
    check(may_place_address(facts("firma", DomainState::suspended)), yes);
    check(may_place_address(facts("firma", DomainState::pending)), no(Fault::conflict, "--owned"));
    check(may_place_address(facts("other", DomainState::active)), no(Fault::conflict, "customer other"));
}

TEST_CASE("free mailboxes stay within 5 a shell account, 5 a domain and min(5k, 5d) a customer")
{
    struct Row {
        std::uint64_t in_shell, in_domain, of_customer, shells, domains;
        Expected expected;
    };
    const Row rows[] = {
        {0, 0, 0, 1, 1, yes},
        {4, 4, 4, 1, 1, yes},
        {5, 4, 4, 2, 2, no(Fault::limit, "anna has 5 of 5")},
        {4, 5, 5, 2, 2, no(Fault::limit, "domain a.lublin.pl has 5 of 5")},
        {0, 0, 5, 1, 2, no(Fault::limit, "5 of 5 free mailboxes, with 1 shell accounts and 2 domains")},
        {0, 0, 9, 2, 2, yes},
        {0, 0, 10, 3, 2, no(Fault::limit, "10 of 10")},
        {0, 0, 0, 1, 0, no(Fault::limit, "0 of 0")},
    };
    for (const auto& row : rows) {
        CAPTURE(row.of_customer);
        check(may_add_free_mailbox({.address = address("x@a.lublin.pl"),
                                    .login = "anna",
                                    .free_domain = domain("a.lublin.pl"),
                                    .in_shell = row.in_shell,
                                    .in_domain = row.in_domain,
                                    .of_customer = row.of_customer,
                                    .shells = row.shells,
                                    .domains = row.domains}),
              row.expected);
    }
}

TEST_CASE("a free mailbox lives in the free-mail domain of its shell account")
{
    FreeMailboxFacts facts{.address = address("x@b.lublin.pl"), .login = "anna", .shells = 1, .domains = 1};
    check(may_add_free_mailbox(facts),
          no(Fault::conflict, "metkactl shell set anna --free-domain b.lublin.pl"));
    facts.free_domain = domain("a.lublin.pl");
    check(may_add_free_mailbox(facts), no(Fault::conflict, "live in a.lublin.pl, not in b.lublin.pl"));
}

TEST_CASE("what free mailboxes are promised and what is used stays within the disk limit")
{
    struct Row {
        Capacity limit;
        Bytes used;
        std::vector<Capacity> promised;
        Expected expected;
    };
    const Row rows[] = {
        {std::nullopt, 900_GiB, {std::nullopt, 1_GiB}, yes},
        {500_MiB, 0_MiB, {50_MiB, 450_MiB}, yes},
        {500_MiB, 1_MiB, {50_MiB, 450_MiB}, no(Fault::limit, "501 MiB")},
        {500_MiB, 0_MiB, {50_MiB, std::nullopt}, no(Fault::limit, "--capacity")},
        {500_MiB, 600_MiB, {}, no(Fault::limit, "uses 600 MiB")},
        {500_MiB, 0_MiB, {Bytes{UINT64_MAX}, Bytes{UINT64_MAX}}, no(Fault::limit, "disk limit is 500 MiB")},
    };
    for (const auto& row : rows)
        check(fits_disk_limit({"anna", row.limit, row.used, row.promised}), row.expected);
}

TEST_CASE("a capacity below what is used is refused")
{
    const auto a = address("a@example.com");
    check(may_set_capacity(a, 10_MiB, 10_MiB), yes);
    check(may_set_capacity(a, std::nullopt, 10_MiB), yes);
    check(may_set_capacity(a, 10_MiB, Bytes{(10_MiB).count + 1}), no(Fault::limit, "a@example.com holds"));
}

TEST_CASE("the free-mail domain changes only while there is no free mailbox")
{
    check(may_change_free_domain("anna", 0), yes);
    check(may_change_free_domain("anna", 1), no(Fault::conflict, "holds 1 free mailbox;"));
    check(may_change_free_domain("anna", 2), no(Fault::conflict, "holds 2 free mailboxes;"));
}

TEST_CASE("an owner is not removed, and the refusal lists what it owns, ten at most")
{
    check(may_remove("customer firma", {}), yes);
    check(may_remove("customer firma", {"domain a.pl", "mailbox x@a.pl"}),
          no(Fault::conflict, "customer firma still owns domain a.pl, mailbox x@a.pl; remove those first"));
    check(may_remove("customer firma", std::vector<std::string>(12, "x")),
          no(Fault::conflict, "x and 2 more"));
}

TEST_CASE("a mailbox is expired from the instant its last day ends, suspension is the stricter state")
{
    const auto ends = from_unix_ms(1'000'000);
    const std::optional validity = Validity{Date(std::chrono::year(1970) / 1 / 1), ends};
    CHECK(state_of(Standing::active, validity, ends - std::chrono::milliseconds(1)) == "active");
    CHECK(state_of(Standing::active, validity, ends) == "expired");
    CHECK(state_of(Standing::suspended, validity, ends) == "suspended");
    CHECK(state_of(Standing::active, std::nullopt, ends) == "active");
}
