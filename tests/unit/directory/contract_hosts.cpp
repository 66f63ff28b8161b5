// The host domain and the names of accounts in it (V11), for both directories.

#include "tests/unit/directory/kinds.h"

using namespace metka;
using namespace metka::directory;

namespace {

// The people, and a host domain.
struct Hosted : People {
    Domain host{.id = DomainId::make(noon),
                .name = DomainName::parse("platon.man.lublin.pl").value(),
                .kind = DomainKind::host,
                .state = DomainState::active,
                .created = noon};

    void move_in(Registry& registry) const
    {
        REQUIRE(People::move_in(registry));
        REQUIRE(change(registry, [this](Changes& changes) { return changes.add(host); }));
    }
    Mailbox mailbox(std::string_view at, std::string_view host_name) const
    {
        return {.id = InboxId::make(noon),
                .address = address(at),
                .customer = firma.id,
                .host_name = std::string(host_name),
                .created = noon};
    }
};

} // namespace

FOR_BOTH("in the host domain every account is found by its host name, and sends by it")
{
    Kind kind;
    Registry& registry = kind.registry();
    const Hosted people;
    people.move_in(registry);

    const auto anna = registry.recipient(address("anna@platon.man.lublin.pl")).value().value();
    CHECK(anna.domain == DomainState::active);
    CHECK(anna.inbox.value().id == people.anna.id);
    const auto biuro = registry.recipient(address("biuro.moja-firma@platon.man.lublin.pl")).value().value();
    CHECK(biuro.inbox.value().id == people.biuro.id);
    CHECK(biuro.inbox->login == "biuro@moja-firma.lublin.pl");
    const auto nobody = registry.recipient(address("nobody@platon.man.lublin.pl")).value();
    REQUIRE(nobody);
    CHECK_FALSE(nobody->inbox);
    CHECK_FALSE(registry.recipient(address("anna@moja-firma.lublin.pl")).value().value().inbox);

    CHECK(registry.login("Anna@PLATON.man.lublin.pl").value().value().id == people.anna.id);
    CHECK(registry.login("biuro.moja-firma@platon.man.lublin.pl").value().value().id == people.biuro.id);
    CHECK_FALSE(registry.login("biuro.moja-firma").value());
    CHECK_FALSE(registry.login("nobody@platon.man.lublin.pl").value());
    CHECK(registry.may_send_as(people.anna.id, address("anna@platon.man.lublin.pl")).value());
    CHECK_FALSE(registry.may_send_as(people.biuro.id, address("anna@platon.man.lublin.pl")).value());
    CHECK_FALSE(registry.may_send_as(people.anna.id, address("anna@moja-firma.lublin.pl")).value());
    CHECK(registry.host_name("anna").value() == people.anna.id);
    CHECK(registry.host_name("sklep.moja-firma").value() == people.sklep.id);
    CHECK_FALSE(registry.host_name("sklep").value());
}

FOR_BOTH("an account found by its host name is suspended by what suspends it elsewhere")
{
    Kind kind;
    Registry& registry = kind.registry();
    Hosted people;
    people.move_in(registry);
    people.domain.state = DomainState::suspended;
    REQUIRE(change(registry, [&](Changes& changes) { return changes.set(people.domain); }));
    const auto found = registry.recipient(address("sklep.moja-firma@platon.man.lublin.pl")).value().value();
    CHECK(found.domain == DomainState::active);
    CHECK(found.inbox.value().suspended);
    CHECK_FALSE(registry.login("anna@platon.man.lublin.pl").value().value().suspended);
}

FOR_BOTH("no list and no count has the host domain, every key finds it")
{
    Kind kind;
    Registry& registry = kind.registry();
    const Hosted people;
    CHECK_FALSE(registry.host_domain().value());
    people.move_in(registry);
    const auto host = registry.host_domain().value().value();
    CHECK(host.id == people.host.id);
    CHECK(host.kind == DomainKind::host);
    CHECK(host.customer.empty());
    CHECK(registry.domains().value().size() == 1);
    CHECK(registry.domains_of(people.firma.id).value().size() == 1);
    CHECK(registry.domains_of(CustomerId{}).value().empty());
    CHECK(registry.totals().value().domains == 1);
    CHECK(registry.domain(people.host.name).value().value().id == people.host.id);
    CHECK(registry.domain(people.host.id).value().value().name == people.host.name);
}

FOR_BOTH("the host domain is one, of no customer, always active, and stays what it is")
{
    Kind kind;
    Registry& registry = kind.registry();
    const Hosted people;
    people.move_in(registry);
    Domain second = people.host;
    second.id = DomainId::make(noon);
    second.name = DomainName::parse("drugi.man.lublin.pl").value();
    Domain owned = people.host;
    owned.customer = people.firma.id;
    Domain suspended = people.host;
    suspended.state = DomainState::suspended;
    Domain local = people.host;
    local.kind = DomainKind::local;
    local.customer = people.firma.id;
    Domain promoted = people.domain;
    promoted.kind = DomainKind::host;
    promoted.customer = CustomerId{};
    Domain of_nobody = second;
    of_nobody.kind = DomainKind::local;
    Domain namesake = people.host;
    namesake.name = people.domain.name;

    CHECK(fault_of(registry, [&](Changes& c) { return c.add(second); }) == Fault::conflict);
    CHECK(fault_of(registry, [&](Changes& c) { return c.add(of_nobody); }) == Fault::not_found);
    for (const auto& bad : {owned, suspended, local, promoted})
        CHECK(fault_of(registry, [&](Changes& c) { return c.set(bad); }) == Fault::invalid);
    CHECK(fault_of(registry, [&](Changes& c) { return c.set(namesake); }) == Fault::conflict);
}

FOR_BOTH("the host domain is renamed while no address lies in it, and the names move along")
{
    Kind kind;
    Registry& registry = kind.registry();
    Hosted people;
    people.move_in(registry);
    people.host.name = DomainName::parse("sokrates.man.lublin.pl").value();
    REQUIRE(change(registry, [&](Changes& c) { return c.set(people.host); }));
    CHECK_FALSE(registry.recipient(address("anna@platon.man.lublin.pl")).value());
    CHECK(registry.login("anna@sokrates.man.lublin.pl").value().value().id == people.anna.id);

    const Alias extra{.address = address("admin@sokrates.man.lublin.pl"), .inbox = people.anna.id};
    REQUIRE(change(registry, [&](Changes& c) { return c.add(extra); }));
    people.host.name = DomainName::parse("platon.man.lublin.pl").value();
    CHECK(fault_of(registry, [&](Changes& c) { return c.set(people.host); }) == Fault::conflict);
    CHECK(fault_of(registry, [&](Changes& c) { return c.remove(people.host.id); }) == Fault::conflict);
    REQUIRE(change(registry, [&](Changes& c) { return c.remove_alias(extra.address); }));
    REQUIRE(change(registry, [&](Changes& c) { return c.remove(people.host.id); }));
    CHECK_FALSE(registry.host_domain().value());
}

FOR_BOTH("every mailbox has a host name that no other account has")
{
    Kind kind;
    Registry& registry = kind.registry();
    const Hosted people;
    REQUIRE(people.People::move_in(registry)); // a host domain is not needed for that
    struct Row {
        std::string_view name;
        Fault fault;
    };
    const std::vector<Row> rows{{"", Fault::invalid},
                                {"Nowy", Fault::invalid},
                                {"a@b", Fault::invalid},
                                {".a", Fault::invalid},
                                {std::string_view("a\0b", 3), Fault::invalid},
                                {"anna", Fault::conflict},
                                {"biuro.moja-firma", Fault::conflict}};
    for (const auto& row : rows) {
        CAPTURE(row.name);
        const auto bad = people.mailbox("nowy@moja-firma.lublin.pl", row.name);
        CHECK(fault_of(registry, [&](Changes& c) { return c.add(bad); }) == row.fault);
        Mailbox renamed = people.sklep;
        renamed.host_name = row.name;
        CHECK(fault_of(registry, [&](Changes& c) { return c.set(renamed); }) == row.fault);
    }
    ShellAccount shell = people.anna;
    shell.id = InboxId::make(noon);
    shell.login = "biuro";
    Mailbox biuro = people.biuro;
    biuro.host_name = "biuro";
    REQUIRE(change(registry, [&](Changes& c) { return c.set(biuro); }));
    CHECK(registry.mailbox(biuro.id).value().value().host_name == "biuro");
    CHECK_FALSE(registry.host_name("biuro.moja-firma").value());
    const auto taken = change(registry, [&](Changes& c) { return c.add(shell); });
    REQUIRE_FALSE(taken);
    CHECK(taken.error().fault == Fault::conflict);
    CHECK(taken.error().text.contains("biuro@moja-firma.lublin.pl"));
    shell.id = people.anna.id;
    CHECK(fault_of(registry, [&](Changes& c) { return c.set(shell); }) == Fault::conflict);
    shell.login = "anka";
    REQUIRE(change(registry, [&](Changes& c) { return c.set(shell); }));
    CHECK(registry.host_name("anka").value() == people.anna.id);
    CHECK_FALSE(registry.host_name("anna").value());
}

FOR_BOTH("an address in the host domain and the host name of another account exclude each other")
{
    Kind kind;
    Registry& registry = kind.registry();
    const Hosted people;
    people.move_in(registry);
    const Alias extra{.address = address("zosia@platon.man.lublin.pl"), .inbox = people.sklep.id};
    const Alias others{.address = address("anna@platon.man.lublin.pl"), .inbox = people.sklep.id};
    const Alias own{.address = address("anna@platon.man.lublin.pl"), .inbox = people.anna.id};
    REQUIRE(change(registry, [&](Changes& c) { return c.add(extra); }));

    const auto refused = change(registry, [&](Changes& c) { return c.add(others); });
    REQUIRE_FALSE(refused);
    CHECK(refused.error().fault == Fault::conflict);
    CHECK(refused.error().text.contains("the host name of anna"));
    REQUIRE(change(registry, [&](Changes& c) { return c.add(own); }));
    CHECK(fault_of(registry, [&](Changes& c) { return c.set(others); }) == Fault::conflict);

    ShellAccount zosia = people.anna;
    zosia.id = InboxId::make(noon);
    zosia.login = "zosia";
    const auto named = change(registry, [&](Changes& c) { return c.add(zosia); });
    REQUIRE_FALSE(named);
    CHECK(named.error().fault == Fault::conflict);
    CHECK(named.error().text.contains("leads to sklep@moja-firma.lublin.pl"));
    Mailbox renamed = people.biuro;
    renamed.host_name = "zosia";
    CHECK(fault_of(registry, [&](Changes& c) { return c.set(renamed); }) == Fault::conflict);
    const auto there = people.mailbox("anna@platon.man.lublin.pl", "anna");
    CHECK(fault_of(registry, [&](Changes& c) { return c.add(there); }) == Fault::conflict);
}

FOR_BOTH("a mailbox in the host domain is called by its local part")
{
    Kind kind;
    Registry& registry = kind.registry();
    const Hosted people;
    people.move_in(registry);
    const auto wrong = people.mailbox("rektor@platon.man.lublin.pl", "kanclerz");
    CHECK(fault_of(registry, [&](Changes& c) { return c.add(wrong); }) == Fault::invalid);
    auto rektor = people.mailbox("rektor@platon.man.lublin.pl", "rektor");
    REQUIRE(change(registry, [&](Changes& c) { return c.add(rektor); }));
    CHECK(registry.login("rektor@platon.man.lublin.pl").value().value().id == rektor.id);
    rektor.host_name = "kanclerz";
    CHECK(fault_of(registry, [&](Changes& c) { return c.set(rektor); }) == Fault::invalid);
    rektor.address = address("kanclerz@platon.man.lublin.pl");
    REQUIRE(change(registry, [&](Changes& c) { return c.set(rektor); }));
    CHECK(registry.mailboxes_at(people.host.id).value().at(0).address == rektor.address);
    REQUIRE(change(registry, [&](Changes& c) { return c.remove_inbox(rektor.id); }));
    CHECK_FALSE(registry.host_name("kanclerz").value());
    CHECK_FALSE(registry.recipient(rektor.address).value().value().inbox);
}
