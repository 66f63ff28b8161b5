#include "core/control/verbs.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace metka::control {

namespace {

using enum Type;
using enum Need;

constexpr std::array<std::string_view, 2> standings{"active", "suspended"};

constexpr Parameter dry_run{"dry_run", flag, optional, "print what would be done, and change nothing"};
constexpr Parameter state_{"state", choice, optional, "suspend it, or let it go on", standings};
constexpr Parameter of_customer{"customer", name, optional, "only those of this customer"};
constexpr Parameter in_domain{"domain", domain, optional, "only those with an address in this domain"};

// What every writing verb answers.
constexpr std::array<Field, 2> write_fields{{
    {"done", Kind::flag, "false after --dry-run"},
    {"steps", Kind::steps, "what was done, or would be"},
}};

// ---------------------------------------------------------------------------------------------- customers
constexpr Parameter customer_key{"name", name, key,
                                 "short name of the customer: a-z 0-9 _ -, a letter first"};
constexpr std::array<Parameter, 4> customer_add{{
    customer_key,
    {"title", text, required, "what people call the customer", {}, "name"},
    {"contact", contact, required, "where the customer's own mail reaches a person"},
    dry_run,
}};
constexpr std::array<Parameter, 5> customer_set{{
    customer_key,
    {"title", text, optional, "what people call the customer", {}, "name"},
    {"contact", contact, optional, "where the customer's own mail reaches a person"},
    state_,
    dry_run,
}};
constexpr std::array<Parameter, 1> customer_show{customer_key};
constexpr std::array<Parameter, 2> customer_remove{customer_key, dry_run};
constexpr std::array<Field, 4> customer_row{{
    {"name", Kind::text, "the key"},
    {"title", Kind::text, "what people call the customer"},
    {"contact", Kind::text, "the customer's contact address"},
    {"state", Kind::text, "active or suspended"},
}};
constexpr std::array<Field, 9> customer_card{{
    customer_row[0],
    customer_row[1],
    customer_row[2],
    customer_row[3],
    {"domains", Kind::number, "how many domains the customer has"},
    {"shells", Kind::number, "how many shell accounts"},
    {"mailboxes", Kind::number, "how many mailboxes"},
    {"aliases", Kind::number, "how many aliases"},
    {"created", Kind::instant, "when it was added"},
}};

// ------------------------------------------------------------------------------------------------ domains
constexpr Parameter domain_key{"domain", domain, key, "the DNS domain"};
constexpr std::array<Parameter, 4> domain_add{{
    domain_key,
    {"customer", name, required, "whose domain it is"},
    {"owned", flag, optional, "take a foreign domain as the customer's without a proof in DNS"},
    dry_run,
}};
constexpr std::array<Parameter, 4> domain_set{{
    domain_key,
    state_,
    {"owned", flag, optional, "take a pending domain as the customer's without a proof in DNS"},
    dry_run,
}};
constexpr std::array<Parameter, 1> domain_show{domain_key};
constexpr std::array<Parameter, 1> domain_list{of_customer};
constexpr std::array<Parameter, 2> domain_remove{domain_key, dry_run};
constexpr std::array<Field, 4> domain_row{{
    {"domain", Kind::domain, "the key"},
    {"customer", Kind::text, "whose it is"},
    {"kind", Kind::text, "local (under a local zone of the operator) or foreign"},
    {"state", Kind::text, "pending, active or suspended"},
}};
constexpr std::array<Field, 8> domain_card{{
    domain_row[0],
    domain_row[1],
    domain_row[2],
    domain_row[3],
    {"proof", Kind::text, "pending: the TXT record that proves who owns the domain"},
    {"mailboxes", Kind::number, "how many mailboxes have their address in it"},
    {"aliases", Kind::number, "how many aliases"},
    {"created", Kind::instant, "when it was added"},
}};

// ----------------------------------------------------------------------------------------- shell accounts
constexpr Parameter shell_key{"login", login, key, "name of the Unix user"};
constexpr std::array<Parameter, 7> shell_add{{
    shell_key,
    {"customer", name, required, "whose account it is"},
    {"adopt", flag, optional, "the Unix user is there already and stays when the account goes"},
    {"disk_limit", capacity, optional, "room for home, inbox and free mailboxes together"},
    {"free_domain", domain, optional, "the one domain in which its free mailboxes live"},
    {"password", password, optional, "for mail; without one nobody can log in for mail until it is set"},
    dry_run,
}};
constexpr std::array<Parameter, 6> shell_set{{
    shell_key,
    {"disk_limit", capacity, optional, "room for home, inbox and free mailboxes together"},
    {"free_domain", domain, optional, "the one domain in which its free mailboxes live"},
    state_,
    {"password", password, optional, "a new one, for mail"},
    dry_run,
}};
constexpr std::array<Parameter, 1> shell_show{shell_key};
constexpr std::array<Parameter, 1> shell_list{of_customer};
constexpr std::array<Parameter, 3> shell_remove{{
    shell_key,
    {"remove_unix_user", flag, optional, "also remove the Unix user that Metka created, with the home"},
    dry_run,
}};
constexpr std::array<Field, 5> shell_row{{
    {"login", Kind::text, "the key"},
    {"customer", Kind::text, "whose it is"},
    {"state", Kind::text, "active or suspended"},
    {"disk_limit", Kind::capacity, "room for home, inbox and free mailboxes together"},
    {"free_domain", Kind::domain, "where its free mailboxes live"},
}};
constexpr std::array<Field, 12> shell_card{{
    shell_row[0],
    shell_row[1],
    shell_row[2],
    shell_row[3],
    shell_row[4],
    {"uid", Kind::number, "of the Unix user"},
    {"adopted", Kind::flag, "the Unix user was there before Metka"},
    {"usage", Kind::size, "of the inbox"},
    {"messages", Kind::number, "in the inbox"},
    {"free_mailboxes", Kind::number, "how many free mailboxes it holds"},
    {"maildir", Kind::text, "where the inbox is, below the state folder"},
    {"created", Kind::instant, "when it was added"},
}};

// ---------------------------------------------------------------------------------------------- mailboxes
constexpr Parameter mailbox_key{"address", address, key, "primary address, which is its log-in"};
constexpr std::array<Parameter, 7> mailbox_add{{
    mailbox_key,
    {"customer", name, optional, "a paid mailbox of this customer"},
    {"shell", login, optional, "a free mailbox in the space of this shell account"},
    {"capacity", capacity, optional, "how much it may hold"},
    {"valid_until", date, optional, "the last day it is good for, or none"},
    {"password", password, required, "of its user"},
    dry_run,
}};
constexpr std::array<Parameter, 6> mailbox_set{{
    mailbox_key,
    {"capacity", capacity, optional, "how much it may hold"},
    {"valid_until", date, optional, "the last day it is good for, or none"},
    state_,
    {"password", password, optional, "a new one"},
    dry_run,
}};
constexpr std::array<Parameter, 1> mailbox_show{mailbox_key};
constexpr std::array<Parameter, 2> mailbox_list{of_customer, in_domain};
constexpr std::array<Parameter, 2> mailbox_remove{mailbox_key, dry_run};
constexpr Field mailbox_customer{"customer", Kind::text, "whose it is"};
constexpr Field mailbox_shell{"shell", Kind::text, "free: the shell account in whose space it is"};
constexpr Field mailbox_capacity{"capacity", Kind::capacity, "how much it may hold"};
constexpr Field mailbox_until{"valid_until", Kind::date, "the last day it is good for"};
constexpr std::array<Field, 7> mailbox_row{{
    {"address", Kind::address, "the key"},
    {"state", Kind::text, "active, suspended or expired"},
    {"kind", Kind::text, "free or paid"},
    mailbox_customer,
    mailbox_shell,
    mailbox_capacity,
    mailbox_until,
}};
constexpr std::array<Field, 11> mailbox_card{{
    mailbox_row[0],
    mailbox_row[1],
    mailbox_row[2],
    mailbox_customer,
    mailbox_shell,
    mailbox_capacity,
    {"usage", Kind::size, "how much it holds"},
    {"messages", Kind::number, "how many messages"},
    mailbox_until,
    {"maildir", Kind::text, "where the inbox is, below the state folder"},
    {"created", Kind::instant, "when it was added"},
}};

// ------------------------------------------------------------------------------------------------ aliases
constexpr Parameter alias_key{"address", address, key, "the address that leads elsewhere"};
constexpr std::array<Parameter, 3> alias_add{{
    alias_key,
    {"to", inbox, required, "mailbox or shell account of the same customer that gets its mail"},
    dry_run,
}};
constexpr std::array<Parameter, 3> alias_set{alias_add};
constexpr std::array<Parameter, 1> alias_show{alias_key};
constexpr std::array<Parameter, 2> alias_list{of_customer, in_domain};
constexpr std::array<Parameter, 2> alias_remove{alias_key, dry_run};
constexpr std::array<Field, 3> alias_row{{
    {"address", Kind::address, "the key"},
    {"to", Kind::address, "the mailbox or shell account it leads to"},
    {"made_by", Kind::text, "administrator or self_service"},
}};
constexpr std::array<Field, 5> alias_card{{
    alias_row[0],
    alias_row[1],
    alias_row[2],
    {"customer", Kind::text, "whose it is"},
    {"created", Kind::instant, "when it was added"},
}};

// ------------------------------------------------------------------------------------------ the house itself
constexpr std::array<Field, 6> program_row{{
    {"name", Kind::text, "the program"},
    {"pid", Kind::number, "its process"},
    {"state", Kind::text, "starting, running, waiting (to be started again) or stopped"},
    {"restarts", Kind::number, "how often it was started again"},
    {"generation", Kind::number, "the configuration it runs"},
    {"missing", Kind::text, "what the kernel could not confine"},
}};
constexpr std::array<Field, 9> status_card{{
    {"version", Kind::text, "of metkad"},
    {"instance", Kind::text, "the state folder"},
    {"uptime", Kind::seconds, "since metkad started"},
    {"customers", Kind::number, "how many"},
    {"domains", Kind::number, "how many"},
    {"shells", Kind::number, "how many shell accounts"},
    {"mailboxes", Kind::number, "how many"},
    {"aliases", Kind::number, "how many"},
    {"programs", Kind::rows, "the programs of the house", program_row},
}};
constexpr std::array<Field, 1> version_card{{{"version", Kind::text, "of metkad"}}};

using enum Who;
using enum Effect;
constexpr auto rows = Shape::rows;
constexpr auto object = Shape::object;

constexpr std::array<Verb, 27> table{{
    {"customer", "add", administrator, writes, customer_add, object, write_fields, "Add a customer.",
     "metkactl customer add firma --name 'Moja Firma' --contact anna@example.org"},
    {"customer",
     "list",
     administrator,
     reads,
     {},
     rows,
     customer_row,
     "List the customers.",
     "metkactl customer list"},
    {"customer", "show", administrator, reads, customer_show, object, customer_card,
     "Show a customer and how much it owns.", "metkactl customer show firma --json"},
    {"customer", "set", administrator, writes, customer_set, object, write_fields,
     "Change, suspend or resume a customer.", "metkactl customer set firma --state suspended"},
    {"customer", "remove", administrator, destroys, customer_remove, object, write_fields,
     "Remove a customer that owns nothing any more.", "metkactl customer remove firma --yes"},

    {"domain", "add", administrator, writes, domain_add, object, write_fields,
     "Add a domain: one under a local zone is active at once, any other once its owner has proven it.",
     "metkactl domain add moja-firma.lublin.pl --customer firma"},
    {"domain", "list", administrator, reads, domain_list, rows, domain_row, "List the domains.",
     "metkactl domain list --customer firma"},
    {"domain", "show", administrator, reads, domain_show, object, domain_card,
     "Show a domain, and what proves it while it is pending.", "metkactl domain show moja-firma.lublin.pl"},
    {"domain", "set", administrator, writes, domain_set, object, write_fields,
     "Activate, suspend or resume a domain.", "metkactl domain set example.com --owned"},
    {"domain", "remove", administrator, destroys, domain_remove, object, write_fields,
     "Remove a domain in which there is no address any more.", "metkactl domain remove example.com --yes"},

    {"shell", "add", administrator, writes, shell_add, object, write_fields,
     "Add a shell account, with a new Unix user or one that is there already.",
     "metkactl shell add anna --customer firma --disk-limit 500M --free-domain moja-firma.lublin.pl --adopt"},
    {"shell", "list", administrator, reads, shell_list, rows, shell_row, "List the shell accounts.",
     "metkactl shell list --customer firma"},
    {"shell", "show", administrator, reads, shell_show, object, shell_card,
     "Show a shell account and what it uses.", "metkactl shell show anna --json"},
    {"shell", "set", administrator, writes, shell_set, object, write_fields,
     "Change, suspend or resume a shell account.", "metkactl shell set anna --disk-limit 1G"},
    {"shell", "remove", administrator, destroys, shell_remove, object, write_fields,
     "Remove a shell account with its mail; the Unix user stays.",
     "metkactl shell remove anna --remove-unix-user --yes"},

    {"mailbox", "add", administrator, writes, mailbox_add, object, write_fields,
     "Add a mailbox: free in the space of a shell account (--shell), or paid (--customer).",
     "metkactl mailbox add biuro@moja-firma.lublin.pl --shell anna --capacity 50M --valid-until 2027-12-31 "
     "--password-stdin"},
    {"mailbox", "list", administrator, reads, mailbox_list, rows, mailbox_row, "List the mailboxes.",
     "metkactl mailbox list --domain moja-firma.lublin.pl"},
    {"mailbox", "show", administrator, reads, mailbox_show, object, mailbox_card,
     "Show a mailbox and what it uses.", "metkactl mailbox show biuro@moja-firma.lublin.pl --json"},
    {"mailbox", "set", administrator, writes, mailbox_set, object, write_fields,
     "Change, suspend or resume a mailbox, or give it a new password.",
     "metkactl mailbox set biuro@moja-firma.lublin.pl --capacity 100M --valid-until +1y"},
    {"mailbox", "remove", administrator, destroys, mailbox_remove, object, write_fields,
     "Remove a mailbox and the mail in it.", "metkactl mailbox remove biuro@moja-firma.lublin.pl --yes"},

    {"alias", "add", administrator, writes, alias_add, object, write_fields,
     "Lead an address to a mailbox or a shell account.",
     "metkactl alias add marketing@moja-firma.lublin.pl --to biuro@moja-firma.lublin.pl"},
    {"alias", "list", administrator, reads, alias_list, rows, alias_row, "List the aliases.",
     "metkactl alias list --domain moja-firma.lublin.pl"},
    {"alias", "show", administrator, reads, alias_show, object, alias_card, "Show where an alias leads.",
     "metkactl alias show marketing@moja-firma.lublin.pl"},
    {"alias", "set", administrator, writes, alias_set, object, write_fields, "Lead an alias elsewhere.",
     "metkactl alias set marketing@moja-firma.lublin.pl --to anna"},
    {"alias", "remove", administrator, destroys, alias_remove, object, write_fields, "Remove an alias.",
     "metkactl alias remove marketing@moja-firma.lublin.pl --yes"},

    {"status",
     "",
     administrator,
     reads,
     {},
     object,
     status_card,
     "Show how Metka's programs are, and how much there is.",
     "metkactl status"},
    {"version",
     "",
     anyone,
     reads,
     {},
     object,
     version_card,
     "Print the version of the running metkad.",
     "metkactl version"},
}};

constexpr std::array<NounHelp, 7> noun_table{{
    {"customer", "who buys the service"},
    {"domain", "a customer's DNS domain: one virtual mail server"},
    {"shell", "a Unix user with an inbox and a disk limit"},
    {"mailbox", "an inbox with an address, a capacity and a last day"},
    {"alias", "an address that leads to an inbox"},
    {"status", "how Metka's programs are, and how much there is"},
    {"version", "the version of the running metkad"},
}};

} // namespace

std::string Verb::method() const
{
    return verb.empty() ? std::string(noun) : fmt::format("{}.{}", noun, verb);
}

const Parameter* Verb::key() const
{
    return !parameters.empty() && parameters.front().need == Need::key ? &parameters.front() : nullptr;
}

const Parameter* Verb::parameter(std::string_view wanted) const
{
    const auto found = std::ranges::find(parameters, wanted, &Parameter::name);
    return found == parameters.end() ? nullptr : &*found;
}

std::span<const Verb> verbs()
{
    return table;
}

const Verb* verb_of(std::string_view method)
{
    const auto found = std::ranges::find(table, method, &Verb::method);
    return found == table.end() ? nullptr : &*found;
}

std::span<const NounHelp> nouns()
{
    return noun_table;
}

} // namespace metka::control
