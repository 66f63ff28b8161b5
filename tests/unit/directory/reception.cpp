// Where mail for an address leads, with the two addresses that every active domain has.

#include "core/directory/reception.h"
#include "tests/unit/directory/kinds.h"

using namespace metka;
using namespace metka::directory;

FOR_BOTH(
    "mail leads to whoever has the address; postmaster and abuse, where nobody has them, to the operator")
{
    Kind kind;
    Registry& registry = kind.registry();
    People people;
    REQUIRE(people.move_in(registry));
    const std::optional<Address> operator_inbox = people.sklep.address;
    struct Row {
        std::string_view local, domain;
        std::optional<InboxId> leads_to;
        bool is_ours, is_for_operator;
    };
    const auto own = people.domain.name.text();
    const std::vector<Row> rows{
        {"biuro", own, people.biuro.id, true, false},
        {"BIURO+tag", "Moja-Firma.Lublin.PL", people.biuro.id, true, false},
        {"marketing", own, people.biuro.id, true, false},
        {"nobody", own, std::nullopt, true, false},
        {"a b", own, std::nullopt, true, false}, // nobody can have it
        {"postmaster", own, people.sklep.id, true, true},
        {"Abuse", own, people.sklep.id, true, true},
        {"postmaster", "", people.sklep.id, true, false},
        {"biuro", "example.org", std::nullopt, false, false},
        {"postmaster", "example.org", std::nullopt, false, false},
        {"biuro", "[192.0.2.1]", std::nullopt, false, false},
        {"a b", "not a domain", std::nullopt, false, false},
    };
    for (const auto& row : rows) {
        CAPTURE(row.local);
        CAPTURE(row.domain);
        const auto found =
            receive(registry, {.local = row.local, .domain = row.domain}, operator_inbox).value();
        CHECK(found.record.has_value() == row.is_ours);
        CHECK(found.is_for_operator == row.is_for_operator);
        const auto inbox = found.record ? found.record->inbox : std::nullopt;
        CHECK((inbox ? std::optional(inbox->id) : std::nullopt) == row.leads_to);
    }
    CHECK_FALSE(receive(registry, {.local = "abuse", .domain = own}, std::nullopt).value().record->inbox);
    people.domain.state = DomainState::suspended;
    REQUIRE(change(registry, [&](Changes& changes) { return changes.set(people.domain); }));
    CHECK_FALSE(receive(registry, {.local = "abuse", .domain = own}, operator_inbox).value().is_for_operator);
}
