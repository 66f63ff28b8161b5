// What belongs to what, how much of it there is, and the walks of the sweeps, for both directories.

#include <algorithm>
#include <array>

#include "tests/unit/directory/kinds.h"

using namespace metka;
using namespace metka::directory;

namespace {

// A second customer with a domain, a shell account, a free mailbox and an alias of its own.
struct Others {
    Customer szkola{.id = CustomerId::make(noon), .name = "szkola", .created = noon};
    Domain domain{.id = DomainId::make(noon),
                  .name = DomainName::parse("szkola.lublin.pl").value(),
                  .customer = szkola.id,
                  .state = DomainState::active,
                  .created = noon};
    ShellAccount jan{.id = InboxId::make(noon),
                     .login = "jan",
                     .customer = szkola.id,
                     .uid = 1002,
                     .free_domain = domain.id,
                     .created = noon};
    Mailbox klasa{.id = InboxId::make(noon),
                  .address = address("klasa@szkola.lublin.pl"),
                  .customer = szkola.id,
                  .shell = jan.id,
                  .host_name = "klasa.szkola",
                  .created = noon};
    Alias sekretariat{.address = address("sekretariat@szkola.lublin.pl"), .inbox = jan.id, .created = noon};

    Result<void> move_in(Registry& registry) const
    {
        return change(registry, [this](Changes& changes) -> Result<void> {
            for (const auto& done : {changes.add(szkola), changes.add(domain), changes.add(jan),
                                     changes.add(klasa), changes.add(sekretariat)})
                if (!done) return done;
            return {};
        });
    }
};

} // namespace

FOR_BOTH("each has what belongs to it, and nothing of others")
{
    Kind kind;
    Registry& registry = kind.registry();
    const People people;
    const Others others;
    REQUIRE(people.move_in(registry));
    REQUIRE(others.move_in(registry));
    const auto addresses = [](const auto& rows) {
        std::vector<std::string> list;
        for (const auto& row : rows.value())
            list.push_back(row.address.local());
        return list;
    };
    using List = std::vector<std::string>;
    CHECK(registry.domains_of(people.firma.id).value().at(0).id == people.domain.id);
    CHECK(registry.domains_of(others.szkola.id).value().size() == 1);
    CHECK(registry.shell_accounts_of(people.firma.id).value().at(0).login == "anna");
    CHECK(registry.shell_accounts_of(CustomerId::make(noon)).value().empty());
    CHECK(addresses(registry.mailboxes_of(people.firma.id)) == List{"biuro", "sklep"});
    CHECK(addresses(registry.mailboxes_in(people.anna.id)) == List{"biuro"});
    CHECK(addresses(registry.mailboxes_at(people.domain.id)) == List{"biuro", "sklep"});
    CHECK(addresses(registry.mailboxes_at(others.domain.id)) == List{"klasa"});
    CHECK(addresses(registry.aliases_of(people.anna.id)) == List{"info"});
    CHECK(addresses(registry.aliases_at(people.domain.id)) == List{"info", "marketing"});
    CHECK(addresses(registry.aliases_at(DomainId::make(noon))).empty());
    CHECK(registry.aliases_by(people.anna.id, MadeBy::self_service).value() == 1);
    CHECK(registry.aliases_by(people.anna.id, MadeBy::administrator).value() == 0);
    CHECK(registry.aliases_by(people.biuro.id, MadeBy::administrator).value() == 1);
}

FOR_BOTH("totals and free mailboxes are counted as they come, move and go")
{
    Kind kind;
    Registry& registry = kind.registry();
    const People people;
    const Others others;
    CHECK(registry.totals().value().customers == 0);
    REQUIRE(people.move_in(registry));
    REQUIRE(others.move_in(registry));
    const auto totals = registry.totals().value();
    CHECK(totals.customers == 2);
    CHECK(totals.domains == 2);
    CHECK(totals.shells == 2);
    CHECK(totals.mailboxes == 3);
    CHECK(totals.aliases == 3);

    const auto counts = [&] {
        const auto free = registry.free_counts(people.anna.id, people.domain.id, people.firma.id).value();
        return std::array{free.in_shell, free.in_domain, free.of_customer};
    };
    using Counts = std::array<std::uint64_t, 3>;
    CHECK(counts() == Counts{1, 1, 1});
    Mailbox sklep = people.sklep;
    sklep.shell = people.anna.id;
    REQUIRE(change(registry, [&](Changes& changes) { return changes.set(sklep); }));
    CHECK(counts() == Counts{2, 2, 2});
    CHECK(registry.inbox(sklep.id).value().value().shell == people.anna.id);
    sklep.address = address("sklep@szkola.lublin.pl");
    REQUIRE(change(registry, [&](Changes& changes) { return changes.set(sklep); }));
    CHECK(counts() == Counts{2, 1, 2});
    sklep.shell.reset();
    REQUIRE(change(registry, [&](Changes& changes) { return changes.set(sklep); }));
    CHECK(counts() == Counts{1, 1, 1});
    CHECK(registry.free_counts(InboxId{}, DomainId{}, CustomerId{}).value().of_customer == 0);
}

FOR_BOTH("a mailbox moves between spaces, and never to another customer")
{
    Kind kind;
    Registry& registry = kind.registry();
    const People people;
    const Others others;
    REQUIRE(people.move_in(registry));
    REQUIRE(others.move_in(registry));
    Mailbox moved = people.biuro;
    moved.customer = others.szkola.id;
    CHECK(fault_of(registry, [&](Changes& changes) { return changes.set(moved); }) == Fault::conflict);
    moved = people.biuro;
    moved.shell = InboxId::make(noon);
    CHECK(fault_of(registry, [&](Changes& changes) { return changes.set(moved); }) == Fault::not_found);
}

FOR_BOTH("mailboxes are walked by the end of their validity, page by page, each once")
{
    Kind kind;
    Registry& registry = kind.registry();
    const People people;
    REQUIRE(people.move_in(registry)); // biuro ends at noon, sklep never
    std::vector<InboxId> expected{people.biuro.id};
    for (const auto* local : {"b", "c", "d"}) { // all of the same instant, before biuro
        const Mailbox mailbox{.id = InboxId::make(noon),
                              .address = address(std::string(local) + "@moja-firma.lublin.pl"),
                              .customer = people.firma.id,
                              .host_name = local,
                              .validity = Validity{.until = Date::parse("2027-01-01").value(),
                                                   .ends = noon - std::chrono::hours(1)},
                              .created = noon};
        REQUIRE(change(registry, [&](Changes& changes) { return changes.add(mailbox); }));
        expected.insert(expected.end() - 1, mailbox.id);
    }
    std::ranges::sort(expected.begin(), expected.end() - 1);

    std::vector<InboxId> met;
    Ending after;
    const auto before = noon + std::chrono::milliseconds(1);
    for (;;) {
        const auto page = registry.mailboxes_ending(before, after, 2).value();
        if (page.empty()) break;
        CHECK(page.size() <= 2);
        for (const auto& mailbox : page)
            met.push_back(mailbox.id);
        after = {.ends = page.back().validity.value().ends, .id = page.back().id};
    }
    CHECK(met == expected);
    CHECK(registry.mailboxes_ending(noon, {}, 10).value().size() == 3); // `before` itself is not before
    CHECK(registry.mailboxes_ending(before, {}, 0).value().empty());
}

FOR_BOTH("every inbox of either kind is walked by its id, page by page")
{
    Kind kind;
    Registry& registry = kind.registry();
    People people;
    people.anna.language = Language::english;
    const Others others;
    REQUIRE(people.move_in(registry));
    REQUIRE(others.move_in(registry));
    std::vector<InboxId> expected{people.anna.id, people.biuro.id, people.sklep.id, others.jan.id,
                                  others.klasa.id};
    std::ranges::sort(expected);
    std::vector<InboxId> met;
    InboxId after;
    for (;;) {
        const auto page = registry.inboxes(after, 2).value();
        if (page.empty()) break;
        CHECK(page.size() <= 2);
        for (const auto& record : page) {
            met.push_back(record.id);
            CHECK(record.language == (record.id == people.anna.id ? Language::english : Language::polish));
        }
        after = page.back().id;
    }
    CHECK(met == expected);
}

FOR_BOTH("a space is its limit, its home as last measured, its free mailboxes and the removed ones")
{
    Kind kind;
    Registry& registry = kind.registry();
    const People people;
    REQUIRE(people.move_in(registry));
    CHECK_FALSE(registry.space(people.biuro.id).value());
    const auto fresh = registry.space(people.anna.id).value().value();
    CHECK(fresh.limit == Capacity(500_MiB));
    CHECK(fresh.home == Bytes{0});
    CHECK(fresh.boxes == std::vector{people.biuro.id});
    CHECK(fresh.removed.empty());

    REQUIRE(registry.note_home(people.anna.id, 7_MiB, noon));
    REQUIRE(registry.note_home(people.anna.id, 9_MiB, noon));
    CHECK(registry.note_home(people.biuro.id, 1_MiB, noon).error().fault == Fault::not_found);
    REQUIRE(change(registry, [&](Changes& changes) -> Result<void> {
        for (const auto& done :
             {changes.remove_alias(people.marketing.address), changes.remove_inbox(people.biuro.id),
              changes.add(Removed{.id = people.biuro.id, .shell = people.anna.id, .login = "biuro"})})
            if (!done) return done;
        return {};
    }));
    const auto used = registry.space(people.anna.id).value().value();
    CHECK(used.home == 9_MiB);
    CHECK(used.boxes.empty());
    CHECK(used.removed == std::vector{people.biuro.id});

    REQUIRE(change(registry, [&](Changes& changes) -> Result<void> {
        const auto freed = changes.remove_alias(people.info.address);
        return freed ? changes.remove_inbox(people.anna.id) : freed;
    }));
    CHECK_FALSE(registry.space(people.anna.id).value());
    REQUIRE(change(registry, [&](Changes& changes) { return changes.add(people.anna); }));
    CHECK(registry.space(people.anna.id).value().value().home == Bytes{0});
}

FOR_BOTH("what stands in place of the plan's numbers comes back as it went in")
{
    Kind kind;
    Registry& registry = kind.registry();
    People people;
    REQUIRE(people.move_in(registry));
    CHECK(registry.customer("firma").value().value().plan == "standard");
    CHECK_FALSE(registry.mailbox(people.biuro.id).value().value().notice_days);
    CHECK_FALSE(registry.shell_account("anna").value().value().free_mailboxes);
    people.firma.plan = "school";
    people.firma.language = Language::english;
    people.domain.free_mailboxes = 12;
    people.anna.self_service_aliases = 0;
    people.anna.free_mailboxes = 9;
    people.anna.language = Language::english;
    people.biuro.grace_days = 60;
    people.biuro.notice_days = NoticeDays{};
    people.biuro.language = Language::english;
    people.sklep.notice_days = NoticeDays{30, 7};
    REQUIRE(change(registry, [&](Changes& c) -> Result<void> {
        for (const auto& done : {c.set(people.firma), c.set(people.domain), c.set(people.anna),
                                 c.set(people.biuro), c.set(people.sklep)})
            if (!done) return done;
        return {};
    }));
    CHECK(registry.customer("firma").value().value().plan == "school");
    CHECK(registry.customer("firma").value().value().language == Language::english);
    CHECK(registry.domain(people.domain.id).value().value().free_mailboxes == 12);
    const auto anna = registry.shell_account("anna").value().value();
    CHECK(anna.self_service_aliases == 0);
    CHECK(anna.free_mailboxes == 9);
    CHECK(registry.login("anna").value().value().language == Language::english);
    const auto biuro = registry.mailbox(people.biuro.id).value().value();
    CHECK(biuro.grace_days == 60);
    CHECK(biuro.notice_days == NoticeDays{});
    CHECK(registry.recipient(people.biuro.address).value().value().inbox.value().language ==
          Language::english);
    CHECK(registry.mailbox(people.sklep.id).value().value().notice_days == NoticeDays{30, 7});
}
