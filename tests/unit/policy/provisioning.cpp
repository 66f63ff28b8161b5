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
        return PlaceFacts{.address = address("a@example.com"),
                          .customer = "firma",
                          .domain_customer = std::move(owner),
                          .domain_state = state};
    };
    check(may_place_address(facts("firma", DomainState::active)), yes);
    check(may_place_address(facts("firma", DomainState::suspended)), yes);
    check(may_place_address(facts("firma", DomainState::pending)), no(Fault::conflict, "--owned"));
    check(may_place_address(facts("other", DomainState::active)), no(Fault::conflict, "customer other"));
    auto forced = facts("firma", DomainState::pending);
    forced.forced = Forced::yes;
    check(may_place_address(forced), yes);
    forced.domain_customer = "other"; // which no force helps against
    check(may_place_address(forced), no(Fault::conflict, "customer other"));
    auto at_host = facts("", DomainState::active);
    at_host.domain_kind = DomainKind::host;
    check(may_place_address(at_host), yes);
}

TEST_CASE("free mailboxes stay within 5 a shell account, 5 a domain and min(5k, 5d) a customer")
{
    struct Row {
        std::uint64_t in_shell, in_domain, of_customer, of_shells, of_domains;
        Expected expected;
    };
    const Row rows[] = {
        {0, 0, 0, 5, 5, yes},
        {4, 4, 4, 5, 5, yes},
        {5, 4, 4, 10, 10, no(Fault::limit, "anna has 5 of 5")},
        {4, 5, 5, 10, 10, no(Fault::limit, "domain a.lublin.pl has 5 of 5")},
        {0, 0, 5, 5, 10,
         no(Fault::limit, "5 of 5 free mailboxes: 5 for its shell accounts, 10 for its domains")},
        {0, 0, 9, 10, 10, yes},
        {0, 0, 10, 15, 10, no(Fault::limit, "10 of 10")},
        {0, 0, 0, 5, 0, no(Fault::limit, "0 of 0")},
    };
    for (const auto& row : rows) {
        CAPTURE(row.of_customer);
        check(may_add_free_mailbox({.address = address("x@a.lublin.pl"),
                                    .login = "anna",
                                    .free_domain = domain("a.lublin.pl"),
                                    .in_shell = row.in_shell,
                                    .in_domain = row.in_domain,
                                    .of_customer = row.of_customer,
                                    .sum_of_shells = row.of_shells,
                                    .sum_of_domains = row.of_domains}),
              row.expected);
    }
}

TEST_CASE("numbers of its own take the place of the plan's, also where there are none left")
{
    FreeMailboxFacts facts{.address = address("x@a.lublin.pl"),
                           .login = "anna",
                           .free_domain = domain("a.lublin.pl"),
                           .in_shell = 5,
                           .most_in_shell = 6,
                           .sum_of_shells = 6,
                           .sum_of_domains = 6};
    check(may_add_free_mailbox(facts), yes);
    facts.most_in_shell = 0;
    check(may_add_free_mailbox(facts), no(Fault::limit, "anna has 5 of 0"));
    facts = {
        .address = facts.address, .login = "anna", .free_domain = facts.free_domain, .most_in_domain = 0};
    check(may_add_free_mailbox(facts), no(Fault::limit, "domain a.lublin.pl has 0 of 0"));
}

TEST_CASE("a free mailbox lives in the free-mail domain of its shell account")
{
    FreeMailboxFacts facts{.address = address("x@b.lublin.pl"), .login = "anna"};
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
    check(
        may_remove("customer firma", {"domain a.pl", "mailbox x@a.pl"}),
        no(Fault::conflict,
           "customer firma still owns domain a.pl, mailbox x@a.pl; remove those first, or say --recursive"));
    check(may_remove("customer firma", std::vector<std::string>(12, "x")),
          no(Fault::conflict, "x and 2 more"));
}

TEST_CASE("self-service makes aliases in active domains of its own customer, up to its number, and no "
          "reserved names")
{
    const auto facts = [](std::string_view local, std::uint64_t count) {
        return SelfAliasFacts{.address = address(std::string(local) + "@a.lublin.pl"),
                              .own_domain = true,
                              .domain_state = DomainState::active,
                              .count = count,
                              .most = 5};
    };
    check(may_add_self_alias(facts("info", 4)), yes);
    check(may_add_self_alias(facts("info", 5)), no(Fault::limit, "5 of 5 aliases; remove one, or ask"));
    check(may_add_self_alias(facts("abuse", 0)),
          no(Fault::denied, "abuse@a.lublin.pl is a reserved address"));
    auto elsewhere = facts("info", 0);
    elsewhere.own_domain = false;
    check(may_add_self_alias(elsewhere), no(Fault::denied, "lies in no domain of yours"));
    for (const auto state : {DomainState::pending, DomainState::suspended}) {
        auto idle = facts("info", 0);
        idle.domain_state = state;
        check(may_add_self_alias(idle), no(Fault::conflict, "is not active; ask the administrator"));
    }
}

TEST_CASE("a freed address waits for its old customer and is anybody's when the quarantine is over")
{
    const auto now = from_unix_ms(1'000'000'000);
    const auto mine = CustomerId::make(now);
    const auto yours = CustomerId::make(now + std::chrono::seconds(1));
    const auto a = address("a@example.com");
    const std::optional waiting = Quarantine{a, mine, now + std::chrono::hours(25)};
    check(may_take_freed(a, std::nullopt, yours, now), yes);
    check(may_take_freed(a, waiting, mine, now), yes);
    check(may_take_freed(a, waiting, yours, now), no(Fault::conflict, "days until it is free: 2"));
    check(may_take_freed(a, waiting, yours, now + std::chrono::hours(25) - std::chrono::milliseconds(1)),
          no(Fault::conflict, "days until it is free: 1"));
    check(may_take_freed(a, waiting, yours, now + std::chrono::hours(25)), yes);
}
