// What both directories keep of the past: quarantine, what was removed, audit, sweeps; and batches.

#include "tests/unit/directory/kinds.h"

using namespace metka;
using namespace metka::directory;

namespace {

const Instant later = noon + std::chrono::hours(24);

Result<void> audited(Registry& registry, std::string actor, std::string acting_as, std::string subject)
{
    AuditEntry entry{.at = noon,
                     .actor = std::move(actor),
                     .acting_as = std::move(acting_as),
                     .verb = "test",
                     .subject = std::move(subject)};
    return registry.change(entry, [](Changes&) { return Result<void>(); });
}

Result<void> add_alias(Registry& registry, const People& people, const std::string& local)
{
    return change(registry, [&](Changes& changes) {
        return changes.add(
            Alias{.address = address(local + "@moja-firma.lublin.pl"), .inbox = people.biuro.id});
    });
}

} // namespace

FOR_BOTH("a quarantine lasts until it is replaced, its time is over, or the address is taken again")
{
    Kind kind;
    Registry& registry = kind.registry();
    const People people;
    REQUIRE(people.move_in(registry));
    const auto freed = address("stary@moja-firma.lublin.pl");
    const auto put = [&](const Address& at, Instant until) {
        return change(registry, [&](Changes& changes) {
            return changes.add(Quarantine{.address = at, .customer = people.firma.id, .until = until});
        });
    };
    CHECK_FALSE(registry.quarantine(freed).value());
    REQUIRE(put(freed, noon));
    REQUIRE(put(freed, later));
    const auto kept = registry.quarantine(freed).value().value();
    CHECK(kept.address == freed);
    CHECK(kept.customer == people.firma.id);
    CHECK(kept.until == later);
    REQUIRE(registry.end_quarantines(later - std::chrono::milliseconds(1)));
    CHECK(registry.quarantine(freed).value());
    REQUIRE(registry.end_quarantines(later));
    CHECK_FALSE(registry.quarantine(freed).value());

    REQUIRE(put(freed, later));
    REQUIRE(add_alias(registry, people, "stary"));
    CHECK_FALSE(registry.quarantine(freed).value());

    const auto second = address("drugi@moja-firma.lublin.pl");
    REQUIRE(put(second, later));
    Mailbox sklep = people.sklep;
    sklep.address = second;
    REQUIRE(change(registry, [&](Changes& changes) { return changes.set(sklep); }));
    CHECK_FALSE(registry.quarantine(second).value());

    REQUIRE(put(people.sklep.address, later));
    CHECK(fault_of(registry, [&](Changes& changes) -> Result<void> {
              const auto added = changes.add(Mailbox{.id = InboxId::make(noon),
                                                     .address = people.sklep.address,
                                                     .customer = people.firma.id,
                                                     .host_name = "s"});
              return added ? fail(Fault::denied, "not today") : added;
          }) == Fault::denied);
    CHECK(registry.quarantine(people.sklep.address).value());
}

FOR_BOTH("quarantine, removed and past domains do not hold their customer back")
{
    Kind kind;
    Registry& registry = kind.registry();
    const Customer gone{.id = CustomerId::make(noon), .name = "gone", .created = noon};
    const auto freed = address("a@gone.example.org");
    REQUIRE(change(registry, [&](Changes& changes) -> Result<void> {
        for (const auto& done :
             {changes.add(gone),
              changes.add(Quarantine{.address = freed, .customer = gone.id, .until = later}),
              changes.add(Removed{.id = InboxId::make(noon), .login = "a@gone.example.org"}),
              changes.remember_past(freed.domain(), gone.id), changes.remove(gone.id)})
            if (!done) return done;
        return {};
    }));
    CHECK(registry.quarantine(freed).value().value().customer == gone.id);
    CHECK(registry.removed().value().size() == 1);
}

FOR_BOTH("what was removed waits, the oldest first, until it is forgotten")
{
    Kind kind;
    Registry& registry = kind.registry();
    const People people;
    REQUIRE(people.move_in(registry));
    const Removed young{.id = InboxId::make(noon),
                        .shell = people.anna.id,
                        .login = "b@moja-firma.lublin.pl",
                        .removed = later,
                        .purge_after = later + std::chrono::hours(1)};
    const Removed old{
        .id = InboxId::make(noon), .is_shell = true, .login = "jan", .removed = noon, .purge_after = later};
    REQUIRE(change(registry, [&](Changes& changes) -> Result<void> {
        const auto first = changes.add(young);
        return first ? changes.add(old) : first;
    }));
    const auto list = registry.removed().value();
    REQUIRE(list.size() == 2);
    CHECK(list[0].id == old.id);
    CHECK(list[0].is_shell);
    CHECK_FALSE(list[0].shell);
    CHECK(list[0].login == "jan");
    CHECK(list[1].id == young.id);
    CHECK_FALSE(list[1].is_shell);
    CHECK(list[1].shell == people.anna.id);
    CHECK(list[1].removed == later);
    CHECK(list[1].purge_after == later + std::chrono::hours(1));
    CHECK(fault_of(registry, [&](Changes& changes) { return changes.add(Removed{.id = people.biuro.id}); }) ==
          Fault::conflict);
    for (int twice = 0; twice < 2; ++twice)
        REQUIRE(change(registry, [&](Changes& changes) { return changes.forget_removed(old.id); }));
    CHECK(registry.removed().value().size() == 1);
}

FOR_BOTH("an inbox whose mail waits for its purge is not made again under the same id")
{
    Kind kind;
    Registry& registry = kind.registry();
    const People people;
    REQUIRE(people.move_in(registry));
    REQUIRE(change(registry, [&](Changes& changes) -> Result<void> {
        const auto gone = changes.remove_inbox(people.sklep.id);
        return gone ? changes.add(Removed{.id = people.sklep.id, .login = "sklep"}) : gone;
    }));
    CHECK(fault_of(registry, [&](Changes& changes) { return changes.add(people.sklep); }) == Fault::conflict);
    REQUIRE(change(registry, [&](Changes& changes) -> Result<void> {
        const auto forgotten = changes.forget_removed(people.sklep.id);
        return forgotten ? changes.add(people.sklep) : forgotten;
    }));
    CHECK(registry.inbox(people.sklep.id).value());
}

FOR_BOTH("a domain was another's once any other customer had it")
{
    Kind kind;
    Registry& registry = kind.registry();
    const auto name = DomainName::parse("stara.example.org").value();
    const auto first = CustomerId::make(noon);
    const auto second = CustomerId::make(noon);
    CHECK_FALSE(registry.was_anothers(name, first).value());
    for (int twice = 0; twice < 2; ++twice)
        REQUIRE(change(registry, [&](Changes& changes) { return changes.remember_past(name, first); }));
    CHECK_FALSE(registry.was_anothers(name, first).value());
    CHECK(registry.was_anothers(name, second).value());
    REQUIRE(change(registry, [&](Changes& changes) { return changes.remember_past(name, second); }));
    CHECK(registry.was_anothers(name, first).value());
    CHECK_FALSE(registry.was_anothers(DomainName::parse("inna.example.org").value(), first).value());
}

FOR_BOTH("the audit is asked by subject, by who did it or in whose name, and by both")
{
    Kind kind;
    Registry& registry = kind.registry();
    CHECK_FALSE(registry.newest_audit().value());
    REQUIRE(audited(registry, "anna", "", "a"));
    REQUIRE(audited(registry, "root", "anna", "b"));
    REQUIRE(audited(registry, "root", "", "a"));
    REQUIRE(audited(registry, "jan", "jan", "a"));
    const auto subjects = [&](const Registry::AuditQuery& query) {
        std::string list;
        const auto entries = registry.audit(query).value();
        for (const auto& entry : entries)
            list += entry.actor + ":" + entry.subject + " ";
        return list;
    };
    CHECK(subjects({}) == "jan:a root:a root:b anna:a ");
    CHECK(subjects({.most = 1}) == "jan:a ");
    CHECK(subjects({.subject = "a"}) == "jan:a root:a anna:a ");
    CHECK(subjects({.most = 2, .subject = "a"}) == "jan:a root:a ");
    CHECK(subjects({.acting_as = "anna"}) == "root:b anna:a ");
    CHECK(subjects({.most = 1, .acting_as = "anna"}) == "root:b ");
    CHECK(subjects({.acting_as = "jan"}) == "jan:a ");
    CHECK(subjects({.subject = "a", .acting_as = "anna"}) == "anna:a ");
    CHECK(subjects({.subject = "b", .acting_as = "jan"}).empty());
    CHECK(registry.newest_audit().value() == noon);
}

FOR_BOTH("each sweep remembers when it last ended")
{
    Kind kind;
    Registry& registry = kind.registry();
    CHECK_FALSE(registry.last_sweep(Sweep::expiry).value());
    REQUIRE(registry.note_sweep(Sweep::expiry, noon));
    REQUIRE(registry.note_sweep(Sweep::expiry, later));
    CHECK(registry.last_sweep(Sweep::expiry).value() == later);
    CHECK_FALSE(registry.last_sweep(Sweep::quota).value());
}

FOR_BOTH("a batch keeps all its changes and notes when it is finished")
{
    Kind kind;
    Registry& registry = kind.registry();
    const People people;
    REQUIRE(people.move_in(registry));
    const auto batch = registry.batch().value();
    REQUIRE(add_alias(registry, people, "a"));
    REQUIRE(add_alias(registry, people, "b"));
    REQUIRE(registry.note_sweep(Sweep::quota, noon));
    CHECK(registry.recipient(address("b@moja-firma.lublin.pl")).value().value().inbox); // its own changes
    REQUIRE(batch->finish());
    CHECK(batch->finish().error().fault == Fault::internal);
    CHECK(registry.aliases().value().size() == 4);
    CHECK(registry.audit({}).value().size() == 3);
    CHECK(registry.last_sweep(Sweep::quota).value() == noon);
}

FOR_BOTH("inside a batch a refused change is undone alone")
{
    Kind kind;
    Registry& registry = kind.registry();
    const People people;
    REQUIRE(people.move_in(registry));
    const auto batch = registry.batch().value();
    REQUIRE(add_alias(registry, people, "a"));
    CHECK(fault_of(registry, [&](Changes& changes) -> Result<void> {
              auto added = changes.add(
                  Alias{.address = address("half@moja-firma.lublin.pl"), .inbox = people.biuro.id});
              if (added) added = changes.add(people.info);
              return added;
          }) == Fault::conflict);
    CHECK(fault_of(registry, [&](Changes&) {
              return change(registry, [](Changes&) { return Result<void>(); });
          }) == Fault::internal);
    REQUIRE(add_alias(registry, people, "b"));
    REQUIRE(batch->finish());
    CHECK(registry.alias(address("a@moja-firma.lublin.pl")).value());
    CHECK_FALSE(registry.alias(address("half@moja-firma.lublin.pl")).value());
    CHECK(registry.alias(address("b@moja-firma.lublin.pl")).value());
}

FOR_BOTH("a batch that is dropped leaves nothing, and the next one begins anew")
{
    Kind kind;
    Registry& registry = kind.registry();
    const People people;
    REQUIRE(people.move_in(registry));
    {
        const auto dropped = registry.batch().value();
        REQUIRE(add_alias(registry, people, "a"));
        REQUIRE(registry.note_home(people.anna.id, 5_MiB, noon));
    }
    CHECK(registry.aliases().value().size() == 2);
    CHECK(registry.audit({}).value().size() == 1);
    CHECK(registry.space(people.anna.id).value().value().home == Bytes{0});
    auto first = registry.batch().value();
    REQUIRE(first->finish());
    const auto second = registry.batch().value();
    first.reset(); // finished long ago: no business of the second one
    CHECK(registry.batch().error().fault == Fault::internal);
    REQUIRE(add_alias(registry, people, "b"));
    REQUIRE(second->finish());
    REQUIRE(add_alias(registry, people, "c"));
    CHECK(registry.aliases().value().size() == 4);
}

FOR_BOTH("there is one batch at a time, and none is begun or finished inside a change")
{
    Kind kind;
    Registry& registry = kind.registry();
    const auto batch = registry.batch().value();
    CHECK(registry.batch().error().fault == Fault::internal);
    REQUIRE(change(registry, [&](Changes&) {
        CHECK(registry.batch().error().fault == Fault::internal);
        CHECK(batch->finish().error().fault == Fault::internal);
        return Result<void>();
    }));
    REQUIRE(batch->finish());
    CHECK(registry.audit({}).value().size() == 1);
}
