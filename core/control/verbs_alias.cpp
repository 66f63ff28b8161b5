#include "core/control/verb_parts.h"

namespace metka::control {

namespace {

using namespace parts;

// clang-format off
constexpr Parameter alias_key{"address", address, key, "the address that leads elsewhere"};
constexpr Parameter leads_to{"to", inbox, required, "mailbox or shell account of the same customer that gets its mail"};
constexpr std::array add_parameters{alias_key, leads_to, Parameter{"force", flag, optional, "in a domain that is still pending"}, dry_run};
constexpr std::array set_parameters{alias_key, leads_to, dry_run};
constexpr std::array rename_parameters{alias_key, Parameter{"to", address, required, "its new address"}, dry_run};
constexpr std::array key_alone{alias_key};
constexpr std::array key_and_dry_run{alias_key, dry_run};
constexpr std::array list_parameters{of_customer, in_domain, Parameter{"to", inbox, optional, "only those that lead here"}};
constexpr std::array<Field, 3> row{{
    {"address", Kind::address, "the key"},
    {"to", Kind::address, "the mailbox or shell account it leads to"},
    {"made_by", Kind::word, "administrator or self_service"},
}};
constexpr std::array<Field, 5> card{{
    row[0], row[1], row[2],
    {"customer", Kind::text, "whose it is"},
    {"created", Kind::instant, "when it was added"},
}};

constexpr std::array<Verb, 6> table{{
    {"alias", "add", administrator, writes, add_parameters, object, write_fields,
     "Lead an address to a mailbox or a shell account.",
     "metkactl alias add marketing@moja-firma.lublin.pl --to biuro@moja-firma.lublin.pl"},
    {"alias", "list", administrator, reads, list_parameters, rows, row, "List the aliases.",
     "metkactl alias list --domain moja-firma.lublin.pl"},
    {"alias", "show", administrator, reads, key_alone, object, card, "Show where an alias leads.",
     "metkactl alias show marketing@moja-firma.lublin.pl"},
    {"alias", "set", administrator, writes, set_parameters, object, write_fields, "Lead an alias elsewhere.",
     "metkactl alias set marketing@moja-firma.lublin.pl --to anna"},
    {"alias", "rename", administrator, writes, rename_parameters, object, write_fields,
     "Give an alias another address.", "metkactl alias rename marketing@moja-firma.lublin.pl --to reklama@moja-firma.lublin.pl"},
    {"alias", "remove", administrator, destroys, key_and_dry_run, object, write_fields, "Remove an alias.",
     "metkactl alias remove marketing@moja-firma.lublin.pl --yes"},
}};
// clang-format on

} // namespace

std::span<const Verb> alias_verbs()
{
    return table;
}

} // namespace metka::control
