// What both directories keep of moves under way and of switches of the configuration.

#include "tests/unit/directory/kinds.h"

using namespace metka;
using namespace metka::directory;

namespace {

const Instant later = noon + std::chrono::hours(1);

Move out_of_anna(const People& people)
{
    return {.mailbox = people.biuro.id, .from = people.anna.id, .to = std::nullopt, .since = noon};
}

Mailbox moved(Mailbox mailbox, const std::optional<InboxId>& shell)
{
    mailbox.shell = shell;
    return mailbox;
}

SwitchEntry applied(std::uint64_t to)
{
    return {.id = SwitchId::make(noon),
            .at = noon,
            .from = to - 1,
            .to = to,
            .actor_uid = 1001,
            .actor = "anna",
            .acting_as = "jan",
            .cause = "apply",
            .reason = "more recipients",
            .outcome = "begun",
            .message = "",
            .input = "0a"};
}

} // namespace

FOR_BOTH("a move stands from its note to its end, the oldest first")
{
    Kind kind;
    Registry& registry = kind.registry();
    const People people;
    REQUIRE(people.move_in(registry));
    CHECK(registry.moves().value().empty());
    const Move young{.mailbox = people.sklep.id, .from = std::nullopt, .to = people.anna.id, .since = later};
    REQUIRE(registry.note_move(young));
    REQUIRE(registry.note_move(out_of_anna(people)));
    CHECK(registry.moves().value() == std::vector{out_of_anna(people), young});
    CHECK(registry.moves_of(people.anna.id).value().size() == 2);
    CHECK(registry.moves_of(people.sklep.id).value() == std::vector{young});
    CHECK(registry.moves_of(InboxId::make(noon)).value().empty());
    for (int twice = 0; twice < 2; ++twice)
        REQUIRE(registry.end_move(people.sklep.id));
    CHECK(registry.moves().value() == std::vector{out_of_anna(people)});
    CHECK(registry.audit({}).value().size() == 1);
}

FOR_BOTH("a move begins where its mailbox lies, once, and between two places that there are")
{
    Kind kind;
    Registry& registry = kind.registry();
    const People people;
    REQUIRE(people.move_in(registry));
    const auto fault = [&](const Move& move) { return registry.note_move(move).error().fault; };
    CHECK(fault({.mailbox = people.anna.id}) == Fault::not_found);
    CHECK(fault({.mailbox = people.biuro.id, .from = people.anna.id, .to = people.sklep.id}) ==
          Fault::not_found);
    CHECK(fault({.mailbox = people.biuro.id, .from = std::nullopt, .to = people.anna.id}) == Fault::invalid);
    CHECK(fault({.mailbox = people.biuro.id, .from = people.anna.id, .to = people.anna.id}) ==
          Fault::invalid);
    auto move = out_of_anna(people);
    for (const bool closed : {false, true, false, true}) {
        move.closed = closed;
        REQUIRE(registry.note_move(move));
        CHECK(registry.moves().value() == std::vector{move});
    }
    auto jan = people.anna;
    jan.id = InboxId::make(noon);
    jan.login = "jan";
    REQUIRE(change(registry, [&](Changes& changes) { return changes.add(jan); }));
    move.to = jan.id;
    CHECK(fault(move) == Fault::conflict);
    CHECK(registry.moves().value().size() == 1);
}

FOR_BOTH("while a move stands its mailbox lies in one of its two places, and neither can go")
{
    Kind kind;
    Registry& registry = kind.registry();
    const People people;
    REQUIRE(people.move_in(registry));
    auto jan = people.anna;
    jan.id = InboxId::make(noon);
    jan.login = "jan";
    REQUIRE(change(registry, [&](Changes& changes) { return changes.add(jan); }));
    REQUIRE(registry.note_move(out_of_anna(people)));
    const auto set = [&](const Mailbox& mailbox) {
        return change(registry, [&](Changes& changes) { return changes.set(mailbox); });
    };
    CHECK(set(moved(people.biuro, std::nullopt)));
    CHECK(set(moved(people.biuro, people.anna.id)));
    CHECK(fault_of(registry, [&](Changes& changes) { return changes.set(moved(people.biuro, jan.id)); }) ==
          Fault::conflict);
    REQUIRE(set(moved(people.biuro, std::nullopt)));
    REQUIRE(change(registry, [&](Changes& changes) -> Result<void> {
        const auto one = changes.remove_alias(people.info.address);
        return one ? changes.remove_alias(people.marketing.address) : one;
    }));
    for (const auto& id : {people.biuro.id, people.anna.id})
        CHECK(fault_of(registry, [&](Changes& changes) { return changes.remove_inbox(id); }) ==
              Fault::conflict);
    REQUIRE(registry.end_move(people.biuro.id));
    for (const auto& id : {people.biuro.id, people.anna.id})
        CHECK(change(registry, [&](Changes& changes) { return changes.remove_inbox(id); }));
}

FOR_BOTH("a mailbox is closed from when its move says so until its row points at the other place")
{
    Kind kind;
    Registry& registry = kind.registry();
    const People people;
    REQUIRE(people.move_in(registry));
    const auto is_closed = [&] { return registry.inbox(people.biuro.id).value().value().closed; };
    const auto set = [&](const Mailbox& mailbox) {
        return change(registry, [&](Changes& changes) { return changes.set(mailbox); });
    };
    auto move = out_of_anna(people);
    REQUIRE(registry.note_move(move));
    CHECK_FALSE(is_closed());
    move.closed = true;
    REQUIRE(registry.note_move(move));
    CHECK(is_closed());
    CHECK(registry.recipient(people.marketing.address).value().value().inbox.value().closed);
    CHECK_FALSE(registry.inbox(people.anna.id).value().value().closed);
    CHECK_FALSE(registry.inbox(people.sklep.id).value().value().closed);
    REQUIRE(set(moved(people.biuro, std::nullopt)));
    CHECK_FALSE(is_closed());
    CHECK(registry.note_move(move).error().fault == Fault::invalid); // it lies there no more
    REQUIRE(registry.end_move(people.biuro.id));
    CHECK_FALSE(is_closed());
}

FOR_BOTH("a mailbox keeps everything but its place free to change while it moves")
{
    Kind kind;
    Registry& registry = kind.registry();
    const People people;
    REQUIRE(people.move_in(registry));
    REQUIRE(registry.note_move(out_of_anna(people)));
    auto renamed = people.biuro;
    renamed.address = address("nowe@moja-firma.lublin.pl");
    CHECK(change(registry, [&](Changes& changes) { return changes.set(renamed); }));
    CHECK(registry.moves().value().size() == 1);
}

FOR_BOTH("the switches of the configuration are kept as they came, the last first")
{
    Kind kind;
    Registry& registry = kind.registry();
    CHECK(registry.switches(10).value().empty());
    const auto first = applied(2);
    auto second = applied(3);
    second.at = noon - std::chrono::hours(1); // the clock went back
    REQUIRE(registry.note_switch(first));
    REQUIRE(registry.note_switch(second));
    CHECK(registry.switches(10).value() == std::vector{second, first});
    CHECK(registry.switches(1).value() == std::vector{second});
    CHECK(registry.switches(0).value().empty());
    CHECK(registry.audit({}).value().empty());
}

FOR_BOTH("a later note of a switch takes the place of the earlier one of its id")
{
    Kind kind;
    Registry& registry = kind.registry();
    auto first = applied(2);
    REQUIRE(registry.note_switch(first));
    REQUIRE(registry.note_switch(applied(3)));
    first.from = 7;
    first.to = 8;
    first.outcome = "refused";
    first.message = "metka-smtp does not accept it";
    REQUIRE(registry.note_switch(first));
    const auto list = registry.switches(10).value();
    REQUIRE(list.size() == 2);
    CHECK(list[1] == first);
    auto broken = first;
    broken.reason = "\xff";
    CHECK(registry.note_switch(broken).error().fault == Fault::invalid);
    CHECK(registry.switches(10).value() == list);
}
