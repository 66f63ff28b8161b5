#include "core/control/verb_parts.h"

namespace metka::control {

namespace {

using namespace parts;

// clang-format off
constexpr Parameter customer_key{"name", name, key, "short name of the customer: a-z 0-9 _ -, a letter first"};
constexpr Parameter of_plan{"plan", plan, optional, "what its accounts start from; `metkactl plan list` shows the plans"};
constexpr Parameter contact_optional{"contact", contact, optional, "where the customer's own mail reaches a person"};
constexpr std::array add_parameters{
    customer_key,
    Parameter{"title", text, required, "what people call the customer", {}, "name"},
    Parameter{"contact", contact, required, "where the customer's own mail reaches a person"},
    of_plan, language, dry_run,
};
constexpr std::array set_parameters{
    customer_key,
    Parameter{"title", text, optional, "what people call the customer", {}, "name"},
    contact_optional, of_plan, language, state_, dry_run,
};
constexpr std::array key_alone{customer_key};
constexpr std::array key_and_dry_run{customer_key, dry_run};
constexpr std::array rename_parameters{customer_key, Parameter{"to", name, required, "its new short name"}, dry_run};
constexpr std::array remove_parameters{customer_key, recursive, dry_run};
constexpr std::array<Field, 6> row{{
    {"name", Kind::text, "the key"},
    {"title", Kind::text, "what people call the customer"},
    {"contact", Kind::text, "the customer's contact address"},
    {"plan", Kind::text, "what its accounts start from"},
    {"language", Kind::text, "pl or en: of its new accounts"},
    {"state", Kind::word, "active or suspended"},
}};
constexpr std::array<Field, 13> card{{
    row[0], row[1], row[2], row[3], row[4], row[5],
    {"domains", Kind::number, "how many domains the customer has"},
    {"shells", Kind::number, "how many shell accounts"},
    {"mailboxes", Kind::number, "how many mailboxes"},
    {"free_mailboxes", Kind::number, "how many of them are free"},
    {"most_free_mailboxes", Kind::number, "how many may be free: the lesser of the sums over shell accounts and over domains"},
    {"aliases", Kind::number, "how many aliases"},
    {"created", Kind::instant, "when it was added"},
}};

constexpr Parameter plan_key{"name", plan, key, "name of the plan"};
constexpr std::array plan_alone{plan_key};
constexpr std::array<Field, 12> plan_row{{
    {"name", Kind::text, "the key; standard is the section `plan` of metka.yaml, the others stand below `plans`"},
    {"disk_limit", Kind::capacity, "of a new shell account"},
    {"capacity", Kind::capacity, "of a new mailbox"},
    {"lifetime", Kind::number, "days that a new mailbox is valid; 0: without end"},
    {"self_service_aliases", Kind::number, "for each shell account"},
    {"free_mailboxes_per_shell", Kind::number, "in the space of each shell account"},
    {"free_mailboxes_per_domain", Kind::number, "in each domain"},
    {"notice_days", Kind::text, "how many days before its last day the user of a mailbox is told"},
    {"grace_days", Kind::number, "that an expired or removed mailbox keeps its mail"},
    {"quarantine_days", Kind::number, "that a freed address is kept from other customers"},
    {"messages_per_hour", Kind::limit, "that each account may send; 0: no limit"},
    {"messages_per_day", Kind::limit, "that each account may send; 0: no limit"},
}};

constexpr std::array<Verb, 10> table{{
    {"customer", "add", administrator, writes, add_parameters, object, write_fields, "Add a customer.",
     "metkactl customer add firma --name 'Moja Firma' --contact anna@example.org"},
    {"customer", "list", administrator, reads, {}, rows, row, "List the customers.", "metkactl customer list"},
    {"customer", "show", administrator, reads, key_alone, object, card, "Show a customer and how much it owns.",
     "metkactl customer show firma --json"},
    {"customer", "set", administrator, writes, set_parameters, object, write_fields, "Change a customer.",
     "metkactl customer set firma --contact biuro@example.org"},
    {"customer", "rename", administrator, writes, rename_parameters, object, write_fields,
     "Give a customer another short name.", "metkactl customer rename firma --to moja-firma"},
    {"customer", "suspend", administrator, writes, key_and_dry_run, object, write_fields,
     "Suspend a customer: every account of it counts as suspended.", "metkactl customer suspend firma"},
    {"customer", "resume", administrator, writes, key_and_dry_run, object, write_fields,
     "Let a suspended customer go on.", "metkactl customer resume firma"},
    {"customer", "remove", administrator, destroys, remove_parameters, object, write_fields,
     "Remove a customer that owns nothing any more, or with --recursive all that it owns.",
     "metkactl customer remove firma --recursive --yes"},
    {"plan", "list", administrator, reads, {}, rows, plan_row, "List the plans of metka.yaml.", "metkactl plan list"},
    {"plan", "show", administrator, reads, plan_alone, object, plan_row, "Show a plan.", "metkactl plan show standard"},
}};
// clang-format on

} // namespace

std::span<const Verb> customer_verbs()
{
    return table;
}

} // namespace metka::control
