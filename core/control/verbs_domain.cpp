#include "core/control/verb_parts.h"

namespace metka::control {

namespace {

using namespace parts;

// clang-format off
constexpr Parameter domain_key{"domain", domain, key, "the DNS domain"};
constexpr Parameter free_mailboxes{"free_mailboxes", override_number, optional, "free mailboxes in it; “plan”: as many as the plan says"};
constexpr Parameter protect_sender{"protect_sender", choice, optional, "on: mail from outside that claims a sender of it is refused; off: newsletters and forwarders may", switches};
constexpr std::array add_parameters{
    domain_key,
    Parameter{"customer", name, required, "whose domain it is"},
    Parameter{"owned", flag, optional, "take a foreign domain as the customer's without a proof in DNS"},
    free_mailboxes, protect_sender, dry_run,
};
constexpr std::array set_parameters{
    domain_key, state_,
    Parameter{"owned", flag, optional, "take a pending domain as the customer's without a proof in DNS"},
    free_mailboxes, protect_sender, dry_run,
};
constexpr std::array key_alone{domain_key};
constexpr std::array key_and_dry_run{domain_key, dry_run};
constexpr std::array<std::string_view, 3> states{"pending", "active", "suspended"};
constexpr std::array list_parameters{of_customer, Parameter{"state", choice, optional, "only those in this state", states}};
constexpr std::array remove_parameters{domain_key, recursive, dry_run};
constexpr std::array<Field, 5> row{{
    {"domain", Kind::domain, "the key"},
    {"customer", Kind::text, "whose it is; null: the operator's host domain"},
    {"kind", Kind::word, "local (under a local zone of the operator), foreign, or host: the operator's own"},
    {"state", Kind::word, "pending, active or suspended"},
    {"protect_sender", Kind::flag, "mail from outside that claims a sender of it is refused"},
}};
constexpr std::array<Field, 11> card{{
    row[0], row[1], row[2], row[3], row[4],
    {"proof", Kind::text, "pending: the TXT record that proves who owns the domain"},
    {"mailboxes", Kind::number, "how many mailboxes have their address in it"},
    {"free_mailboxes", Kind::number, "how many of them are free"},
    {"most_free_mailboxes", Kind::number, "how many may be free"},
    {"aliases", Kind::number, "how many aliases"},
    {"created", Kind::instant, "when it was added"},
}};
constexpr std::array<Field, 4> record_row{{
    {"name", Kind::domain, "where in DNS"},
    {"type", Kind::text, "MX or TXT"},
    {"value", Kind::text, "what to publish"},
    {"purpose", Kind::text, "what it is for"},
}};
constexpr std::array<Field, 5> check_row{{
    {"name", Kind::domain, "where in DNS"},
    {"type", Kind::text, "MX or TXT"},
    {"wanted", Kind::text, "what should be there"},
    {"found", Kind::text, "what is there"},
    {"verdict", Kind::text, "right, missing or differs"},
}};

constexpr std::array<Verb, 10> table{{
    {"domain", "add", administrator, writes, add_parameters, object, write_fields,
     "Add a domain: one under a local zone is active at once, any other once its owner has proven it.",
     "metkactl domain add moja-firma.lublin.pl --customer firma"},
    {"domain", "list", administrator, reads, list_parameters, rows, row, "List the domains.",
     "metkactl domain list --customer firma"},
    {"domain", "show", administrator, reads, key_alone, object, card,
     "Show a domain, and what proves it while it is pending.", "metkactl domain show moja-firma.lublin.pl"},
    {"domain", "set", administrator, writes, set_parameters, object, write_fields, "Change or activate a domain.",
     "metkactl domain set example.com --owned"},
    {"domain", "prove", administrator, asks, key_and_dry_run, object, write_fields,
     "Ask DNS whether a pending domain is the customer's, and activate it if so.", "metkactl domain prove example.com"},
    {"domain", "suspend", administrator, writes, key_and_dry_run, object, write_fields,
     "Suspend a domain: mail for it waits at its senders.", "metkactl domain suspend example.com"},
    {"domain", "resume", administrator, writes, key_and_dry_run, object, write_fields,
     "Let a suspended domain go on.", "metkactl domain resume example.com"},
    {"domain", "remove", administrator, destroys, remove_parameters, object, write_fields,
     "Remove a domain without addresses, or with --recursive all its addresses.", "metkactl domain remove example.com --yes"},
    {"domain", "dns", administrator, reads, key_alone, rows, record_row,
     "Print the DNS records that the owner of a domain should publish.", "metkactl domain dns example.com"},
    {"domain", "check", administrator, reads, key_alone, rows, check_row,
     "Ask DNS, and say what differs from what should be there.", "metkactl domain check example.com"},
}};
// clang-format on

} // namespace

std::span<const Verb> domain_verbs()
{
    return table;
}

} // namespace metka::control
