// What both directories find, and what stands where.

#include "tests/unit/directory/kinds.h"

using namespace metka;
using namespace metka::directory;

FOR_BOTH("what was added is found by every key it has, as it was")
{
    Kind kind;
    Registry& registry = kind.registry();
    const People people;
    REQUIRE(people.move_in(registry));

    const auto firma = registry.customer("firma").value().value();
    CHECK(firma.id == people.firma.id);
    CHECK(firma.title == "Moja Firma");
    CHECK(firma.contact == "a@example.org");
    CHECK(firma.created == noon);
    CHECK(registry.customer(people.firma.id).value()->name == "firma");

    const auto domain = registry.domain(people.domain.name).value().value();
    CHECK(domain.id == people.domain.id);
    CHECK(domain.kind == DomainKind::local);
    CHECK(domain.state == DomainState::active);
    CHECK(domain.token == "t0k3n");
    CHECK(registry.domain(people.domain.id).value()->name == people.domain.name);

    const auto anna = registry.shell_account("anna").value().value();
    CHECK(anna.id == people.anna.id);
    CHECK(anna.uid == 1001);
    CHECK(anna.disk_limit == Capacity(500_MiB));
    CHECK(anna.free_domain == people.domain.id);
    CHECK_FALSE(anna.adopted);
    CHECK(registry.shell_account(people.anna.id).value()->login == "anna");

    const auto biuro = registry.mailbox(people.biuro.address).value().value();
    CHECK(biuro.id == people.biuro.id);
    CHECK(biuro.shell == people.anna.id);
    CHECK(biuro.validity->until.text() == "2027-12-31");
    CHECK(biuro.validity->ends == noon);
    const auto sklep = registry.mailbox(people.sklep.id).value().value();
    CHECK_FALSE(sklep.shell);
    CHECK_FALSE(sklep.capacity);
    CHECK_FALSE(sklep.validity);

    const auto info = registry.alias(people.info.address).value().value();
    CHECK(info.inbox == people.anna.id);
    CHECK(info.made_by == MadeBy::self_service);
    CHECK_FALSE(registry.alias(people.biuro.address).value());
    CHECK_FALSE(registry.mailbox(people.info.address).value());
}

FOR_BOTH("lists are ordered by name, log-in or address")
{
    Kind kind;
    Registry& registry = kind.registry();
    const People people;
    REQUIRE(people.move_in(registry));
    REQUIRE(change(registry, [](Changes& changes) {
        return changes.add(Customer{.id = CustomerId::make(noon), .name = "abc", .created = noon});
    }));
    const auto customers = registry.customers().value();
    REQUIRE(customers.size() == 2);
    CHECK(customers[0].name == "abc");
    const auto mailboxes = registry.mailboxes().value();
    REQUIRE(mailboxes.size() == 2);
    CHECK(mailboxes[0].address == people.biuro.address);
    const auto aliases = registry.aliases().value();
    REQUIRE(aliases.size() == 2);
    CHECK(aliases[0].address == people.info.address);
    CHECK(registry.domains().value().size() == 1);
    CHECK(registry.shell_accounts().value().size() == 1);
}

FOR_BOTH("a recipient is an inbox, an empty place in a domain of ours, or not ours")
{
    Kind kind;
    Registry& registry = kind.registry();
    const People people;
    REQUIRE(people.move_in(registry));

    const auto own = registry.recipient(people.biuro.address).value().value();
    CHECK(own.domain == DomainState::active);
    REQUIRE(own.inbox);
    CHECK(own.inbox->id == people.biuro.id);
    CHECK(own.inbox->kind == InboxKind::mailbox);
    CHECK(own.inbox->login == "biuro@moja-firma.lublin.pl");
    CHECK(own.inbox->shell == people.anna.id);
    CHECK(own.inbox->shell_uid == 1001);
    CHECK(own.inbox->capacity == Capacity(50_MiB));
    CHECK(own.inbox->valid_ends == noon);
    CHECK_FALSE(own.inbox->suspended);

    const auto shell = registry.recipient(people.info.address).value().value();
    REQUIRE(shell.inbox);
    CHECK(shell.inbox->id == people.anna.id);
    CHECK(shell.inbox->kind == InboxKind::shell);
    CHECK(shell.inbox->login == "anna");
    CHECK(shell.inbox->shell == people.anna.id);
    CHECK(shell.inbox->capacity == Capacity(500_MiB));
    CHECK_FALSE(shell.inbox->valid_ends);

    const auto paid = registry.recipient(people.sklep.address).value().value();
    REQUIRE(paid.inbox);
    CHECK_FALSE(paid.inbox->shell);
    CHECK(paid.inbox->shell_uid == 0);
    CHECK_FALSE(paid.inbox->capacity);

    const auto nobody = registry.recipient(address("nobody@moja-firma.lublin.pl")).value();
    REQUIRE(nobody);
    CHECK_FALSE(nobody->inbox);
    CHECK_FALSE(registry.recipient(address("anyone@example.org")).value());
}

FOR_BOTH("an inbox is found by its id, whatever its kind")
{
    Kind kind;
    Registry& registry = kind.registry();
    const People people;
    REQUIRE(people.move_in(registry));
    CHECK(registry.inbox(people.anna.id).value()->kind == InboxKind::shell);
    CHECK(registry.inbox(people.biuro.id).value()->login == "biuro@moja-firma.lublin.pl");
    CHECK_FALSE(registry.inbox(InboxId::make(noon)).value());
}

FOR_BOTH("a log-in name is an address, an alias or a shell account's name, folded, and never a tagged one")
{
    Kind kind;
    Registry& registry = kind.registry();
    const People people;
    REQUIRE(people.move_in(registry));

    struct Row {
        std::string_view name;
        std::optional<InboxId> leads_to;
    };
    const std::vector<Row> rows{
        {"biuro@moja-firma.lublin.pl", people.biuro.id},
        {"BIURO@Moja-Firma.Lublin.PL", people.biuro.id},
        {"marketing@moja-firma.lublin.pl", people.biuro.id},
        {"info@moja-firma.lublin.pl", people.anna.id},
        {"anna", people.anna.id},
        {"Anna", people.anna.id},
        {"biuro+tag@moja-firma.lublin.pl", std::nullopt},
        {"biuro", std::nullopt},
        {"nobody@moja-firma.lublin.pl", std::nullopt},
        {"biuro@example.org", std::nullopt},
        {"", std::nullopt},
        {"@", std::nullopt},
        {"anna+x", std::nullopt},
        {std::string_view("anna\0", 5), std::nullopt},
        {"\xff\xfe", std::nullopt},
    };
    for (const auto& row : rows) {
        CAPTURE(row.name);
        const auto found = registry.login(row.name).value();
        CHECK(found.has_value() == row.leads_to.has_value());
        if (found && row.leads_to) CHECK(found->id == *row.leads_to);
    }
}

FOR_BOTH("an account may send as its own addresses in active domains, and as nobody else")
{
    Kind kind;
    Registry& registry = kind.registry();
    People people;
    REQUIRE(people.move_in(registry));
    CHECK(registry.may_send_as(people.biuro.id, people.biuro.address).value());
    CHECK(registry.may_send_as(people.biuro.id, people.marketing.address).value());
    CHECK(registry.may_send_as(people.anna.id, people.info.address).value());
    CHECK_FALSE(registry.may_send_as(people.biuro.id, people.info.address).value());
    CHECK_FALSE(registry.may_send_as(people.biuro.id, people.sklep.address).value());
    CHECK_FALSE(registry.may_send_as(people.biuro.id, address("biuro@example.org")).value());

    people.domain.state = DomainState::suspended;
    REQUIRE(change(registry, [&](Changes& changes) { return changes.set(people.domain); }));
    CHECK_FALSE(registry.may_send_as(people.biuro.id, people.biuro.address).value());
}

FOR_BOTH("whatever stands above an inbox can suspend it")
{
    struct Row {
        std::string_view what;
        std::function<void(People&)> suspend;
        bool anna, biuro, sklep;
    };
    const std::vector<Row> rows{
        {"the mailbox", [](People& all) { all.biuro.standing = Standing::suspended; }, false, true, false},
        {"its shell account", [](People& all) { all.anna.standing = Standing::suspended; }, true, true,
         false},
        {"the customer", [](People& all) { all.firma.standing = Standing::suspended; }, true, true, true},
        {"the domain", [](People& all) { all.domain.state = DomainState::suspended; }, false, true, true},
        {"a pending domain does not", [](People& all) { all.domain.state = DomainState::pending; }, false,
         false, false},
    };
    for (const auto& row : rows) {
        CAPTURE(row.what);
        Kind kind;
        Registry& registry = kind.registry();
        People people;
        REQUIRE(people.move_in(registry));
        row.suspend(people);
        REQUIRE(change(registry, [&](Changes& changes) {
            for (const auto& done : {changes.set(people.firma), changes.set(people.domain),
                                     changes.set(people.anna), changes.set(people.biuro)})
                if (!done) return done;
            return Result<void>();
        }));
        CHECK(registry.inbox(people.anna.id).value()->suspended == row.anna);
        CHECK(registry.login("biuro@moja-firma.lublin.pl").value()->suspended == row.biuro);
        CHECK(registry.recipient(people.sklep.address).value()->inbox->suspended == row.sklep);
        CHECK(registry.recipient(people.sklep.address).value()->domain == people.domain.state);
    }
}

FOR_BOTH("a domain protects its senders if it asks for it, is active, and is ours")
{
    Kind kind;
    Registry& registry = kind.registry();
    People people;
    REQUIRE(people.move_in(registry));
    CHECK_FALSE(registry.protects_senders(people.domain.name).value());
    CHECK_FALSE(registry.protects_senders(DomainName::parse("example.org").value()).value());

    people.domain.protects_sender = true;
    const auto set = [&](DomainState state) {
        people.domain.state = state;
        REQUIRE(change(registry, [&](Changes& changes) { return changes.set(people.domain); }));
        CHECK(registry.domain(people.domain.id).value()->protects_sender);
        return registry.protects_senders(people.domain.name).value();
    };
    CHECK(set(DomainState::active));
    CHECK_FALSE(set(DomainState::pending));
    CHECK_FALSE(set(DomainState::suspended));
    CHECK_FALSE(registry.protects_senders(DomainName::parse("sub.moja-firma.lublin.pl").value()).value());

    Domain second{.id = DomainId::make(noon),
                  .name = DomainName::parse("druga.example.org").value(),
                  .customer = people.firma.id,
                  .state = DomainState::active,
                  .protects_sender = true,
                  .created = noon};
    REQUIRE(change(registry, [&](Changes& changes) { return changes.add(second); }));
    CHECK(registry.protects_senders(second.name).value());
}

FOR_BOTH("an account sends as much as its customer's plan says, or as was set for it alone")
{
    Kind kind;
    Registry& registry = kind.registry();
    People people;
    people.firma.plan = "firm";
    people.sklep.messages_per_day = 0;
    REQUIRE(people.move_in(registry));
    CHECK(registry.sending(people.anna.id).value() == SendingRecord{.plan = "firm"});
    CHECK(registry.sending(people.biuro.id).value() == SendingRecord{.plan = "firm"});
    CHECK(registry.sending(people.sklep.id).value() == SendingRecord{.plan = "firm", .messages_per_day = 0});
    CHECK_FALSE(registry.sending(InboxId::make(noon)).value());

    people.anna.messages_per_hour = 10;
    people.biuro.messages_per_hour = 2000;
    people.biuro.messages_per_day = 5000;
    people.firma.plan = std::string(standard_plan);
    REQUIRE(change(registry, [&](Changes& changes) {
        for (const auto& done :
             {changes.set(people.firma), changes.set(people.anna), changes.set(people.biuro)})
            if (!done) return done;
        return Result<void>();
    }));
    // A mailbox in the space of a shell account has numbers of its own, not that account's.
    CHECK(registry.sending(people.anna.id).value() ==
          SendingRecord{.plan = "standard", .messages_per_hour = 10});
    CHECK(registry.sending(people.biuro.id).value() ==
          SendingRecord{.plan = "standard", .messages_per_hour = 2000, .messages_per_day = 5000});
    CHECK(registry.shell_account("anna").value()->messages_per_hour == 10);
    CHECK(registry.mailbox(people.biuro.id).value()->messages_per_day == 5000);
    CHECK_FALSE(registry.mailbox(people.sklep.id).value()->messages_per_hour);
    CHECK(registry.mailbox(people.sklep.id).value()->messages_per_day == 0);
}
