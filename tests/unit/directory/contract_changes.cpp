// What both directories let a change do.

#include "tests/unit/directory/kinds.h"

using namespace metka;
using namespace metka::directory;

FOR_BOTH("an address is unique across mailboxes and aliases")
{
    Kind kind;
    Registry& registry = kind.registry();
    const People people;
    REQUIRE(people.move_in(registry));
    const std::vector<Address> taken{people.biuro.address, people.info.address};
    for (const auto& each : taken) {
        CHECK(fault_of(registry, [&](Changes& changes) {
                  return changes.add(
                      Mailbox{.id = InboxId::make(noon), .address = each, .customer = people.firma.id});
              }) == Fault::conflict);
        CHECK(fault_of(registry, [&](Changes& changes) {
                  return changes.add(Alias{.address = each, .inbox = people.sklep.id});
              }) == Fault::conflict);
    }
    CHECK(registry.alias(people.info.address).value()->inbox == people.anna.id);
}

FOR_BOTH("a key that is taken, or a row that is not there, is refused")
{
    Kind kind;
    Registry& registry = kind.registry();
    const People people;
    REQUIRE(people.move_in(registry));
    const CustomerId stranger = CustomerId::make(noon);
    const InboxId no_inbox = InboxId::make(noon);

    Customer namesake = people.firma;
    namesake.id = stranger;
    Domain same_name = people.domain;
    same_name.id = DomainId::make(noon);
    ShellAccount same_login = people.anna;
    same_login.id = no_inbox;
    Mailbox of_nobody = people.sklep;
    of_nobody.id = no_inbox;
    of_nobody.address = address("new@moja-firma.lublin.pl");
    of_nobody.customer = stranger;
    of_nobody.host_name = "new";
    Mailbox elsewhere = people.sklep;
    elsewhere.id = no_inbox;
    elsewhere.address = address("new@example.org");
    elsewhere.host_name = "new";
    const Alias to_nobody{.address = address("new@moja-firma.lublin.pl"), .inbox = no_inbox};

    struct Row {
        std::string_view what;
        Work work;
        Fault fault;
    };
    const std::vector<Row> rows{
        {"customer name", [&](Changes& c) { return c.add(namesake); }, Fault::conflict},
        {"customer id", [&](Changes& c) { return c.add(people.firma); }, Fault::conflict},
        {"domain name", [&](Changes& c) { return c.add(same_name); }, Fault::conflict},
        {"login", [&](Changes& c) { return c.add(same_login); }, Fault::conflict},
        {"inbox id", [&](Changes& c) { return c.add(people.sklep); }, Fault::conflict},
        {"no customer", [&](Changes& c) { return c.add(of_nobody); }, Fault::not_found},
        {"no domain", [&](Changes& c) { return c.add(elsewhere); }, Fault::not_found},
        {"no inbox", [&](Changes& c) { return c.add(to_nobody); }, Fault::not_found},
        {"set what is not there", [&](Changes& c) { return c.set(namesake); }, Fault::not_found},
        {"set no mailbox", [&](Changes& c) { return c.set(of_nobody); }, Fault::not_found},
        {"set no alias", [&](Changes& c) { return c.set(to_nobody); }, Fault::not_found},
        {"remove no customer", [&](Changes& c) { return c.remove(stranger); }, Fault::not_found},
        {"remove no inbox", [&](Changes& c) { return c.remove_inbox(no_inbox); }, Fault::not_found},
        {"remove a primary", [&](Changes& c) { return c.remove_alias(people.biuro.address); },
         Fault::not_found},
        {"customer owns", [&](Changes& c) { return c.remove(people.firma.id); }, Fault::conflict},
        {"domain has addresses", [&](Changes& c) { return c.remove(people.domain.id); }, Fault::conflict},
        {"shell has mailboxes", [&](Changes& c) { return c.remove_inbox(people.anna.id); }, Fault::conflict},
        {"mailbox has an alias", [&](Changes& c) { return c.remove_inbox(people.biuro.id); },
         Fault::conflict},
    };
    for (const auto& row : rows) {
        CAPTURE(row.what);
        CHECK(fault_of(registry, row.work) == row.fault);
    }
    CHECK(registry.customers().value().size() == 1);
    CHECK(registry.mailboxes().value().size() == 2);
}

FOR_BOTH("a refusal to remove lists what is in the way")
{
    Kind kind;
    Registry& registry = kind.registry();
    const People people;
    REQUIRE(people.move_in(registry));
    const auto done = change(registry, [&](Changes& changes) { return changes.remove(people.firma.id); });
    REQUIRE_FALSE(done);
    CHECK(done.error().text.contains(
        "the customer firma is still needed by 1 domain, 1 shell account, 2 mailboxes"));
}

FOR_BOTH("a failed change leaves nothing, although its first half went well")
{
    Kind kind;
    Registry& registry = kind.registry();
    const People people;
    REQUIRE(people.move_in(registry));
    const Alias extra{.address = address("extra@moja-firma.lublin.pl"), .inbox = people.biuro.id};
    CHECK(fault_of(registry, [&](Changes& changes) -> Result<void> {
              const auto added = changes.add(extra);
              if (!added) return added;
              return fail(Fault::denied, "not today");
          }) == Fault::denied);
    CHECK_FALSE(registry.alias(extra.address).value());

    CHECK(fault_of(registry, [&](Changes& changes) -> Result<void> {
              (void)changes.add(extra);
              (void)changes.add(people.info); // refused, and nobody looks
              return {};
          }) == Fault::conflict);
    CHECK_FALSE(registry.alias(extra.address).value());
}

FOR_BOTH("work sees what it has done so far")
{
    Kind kind;
    Registry& registry = kind.registry();
    const People people;
    REQUIRE(people.move_in(registry));
    const Alias extra{.address = address("extra@moja-firma.lublin.pl"), .inbox = people.biuro.id};
    REQUIRE(change(registry, [&](Changes& changes) {
        const auto added = changes.add(extra);
        CHECK(registry.alias(extra.address).value().has_value());
        return added;
    }));
}

FOR_BOTH("a change writes its audit row, read after the work")
{
    Kind kind;
    Registry& registry = kind.registry();
    const People people;
    REQUIRE(people.move_in(registry));
    AuditEntry entry{.at = noon,
                     .actor_uid = 1001,
                     .actor = "anna",
                     .acting_as = "anna",
                     .verb = "my alias remove",
                     .subject = "info@moja-firma.lublin.pl",
                     .before = "{}"};
    REQUIRE(registry.change(entry, [&](Changes& changes) {
        entry.after = "null";
        return changes.remove_alias(people.info.address);
    }));
    const auto audit = registry.audit({.most = 1}).value();
    REQUIRE(audit.size() == 1);
    CHECK(audit[0].at == noon);
    CHECK(audit[0].actor_uid == 1001);
    CHECK(audit[0].actor == "anna");
    CHECK(audit[0].acting_as == "anna");
    CHECK(audit[0].verb == "my alias remove");
    CHECK(audit[0].subject == "info@moja-firma.lublin.pl");
    CHECK(audit[0].before == "{}");
    CHECK(audit[0].after == "null");
    CHECK(registry.audit({.most = 10}).value().size() == 2);
    CHECK(registry.audit({.most = 0}).value().empty());
}

FOR_BOTH("a renamed mailbox gives its old address back and keeps its id, its aliases and its birthday")
{
    Kind kind;
    Registry& registry = kind.registry();
    const People people;
    REQUIRE(people.move_in(registry));
    Mailbox renamed = people.biuro;
    renamed.address = address("kontakt@moja-firma.lublin.pl");
    renamed.created = noon + std::chrono::hours(1);
    REQUIRE(change(registry, [&](Changes& changes) { return changes.set(renamed); }));
    CHECK_FALSE(registry.recipient(people.biuro.address).value()->inbox);
    CHECK(registry.recipient(renamed.address).value()->inbox->id == people.biuro.id);
    CHECK(registry.recipient(people.marketing.address).value()->inbox->login ==
          "kontakt@moja-firma.lublin.pl");
    CHECK(registry.mailbox(people.biuro.id).value()->created == noon);

    renamed.address = people.info.address;
    CHECK(fault_of(registry, [&](Changes& changes) { return changes.set(renamed); }) == Fault::conflict);
}

FOR_BOTH("everything can be removed from the leaves up")
{
    Kind kind;
    Registry& registry = kind.registry();
    People people;
    REQUIRE(people.move_in(registry));
    people.anna.free_domain.reset();
    REQUIRE(change(registry, [&](Changes& changes) {
        for (const auto& done :
             {changes.remove_alias(people.info.address), changes.remove_alias(people.marketing.address),
              changes.remove_inbox(people.biuro.id), changes.remove_inbox(people.sklep.id),
              changes.set(people.anna), changes.remove(people.domain.id),
              changes.remove_inbox(people.anna.id), changes.remove(people.firma.id)})
            if (!done) return done;
        return Result<void>();
    }));
    CHECK(registry.customers().value().empty());
    CHECK_FALSE(registry.recipient(people.biuro.address).value());
    CHECK_FALSE(registry.login("anna").value());
    REQUIRE(people.move_in(registry)); // every key is free again
}

FOR_BOTH("text that is no UTF-8, or holds a NUL, is refused")
{
    Kind kind;
    Registry& registry = kind.registry();
    for (const auto& bad : {std::string("a\0b", 3), std::string("\xc3\x28")}) {
        const Customer customer{.id = CustomerId::make(noon), .name = "x", .title = bad};
        CHECK(fault_of(registry, [&](Changes& changes) { return changes.add(customer); }) == Fault::invalid);
        AuditEntry entry = by_root("test");
        entry.after = bad;
        const auto done = registry.change(entry, [](Changes&) { return Result<void>(); });
        REQUIRE_FALSE(done);
        CHECK(done.error().fault == Fault::invalid);
    }
    CHECK(registry.audit({.most = 10}).value().empty());
}

FOR_BOTH("a change inside a change is refused")
{
    Kind kind;
    Registry& registry = kind.registry();
    CHECK(fault_of(registry, [&](Changes&) {
              return change(registry, [](Changes&) { return Result<void>(); });
          }) == Fault::internal);
}
