#include "core/control/verb_parts.h"

namespace metka::control {

namespace {

using namespace parts;

// clang-format off
constexpr Parameter alias_key{"address", address, key, "the address that leads to your account"};
constexpr Parameter mailbox_key{"address", address, key, "its address, which is its log-in"};
constexpr Parameter capacity_{"capacity", capacity, optional, "how much it may hold; all your mailboxes share your disk limit"};
constexpr std::array alias_alone{alias_key, dry_run};
constexpr std::array alias_rename{alias_key, Parameter{"to", address, required, "its new address"}, dry_run};
constexpr std::array mailbox_alone{mailbox_key};
constexpr std::array mailbox_gone{mailbox_key, dry_run};
constexpr std::array mailbox_add{
    mailbox_key, capacity_,
    Parameter{"password", password, required, "of its user"},
    dry_run,
};
constexpr std::array mailbox_set{mailbox_key, Parameter{"capacity", capacity, required, "how much it may hold; all your mailboxes share your disk limit"}, dry_run};
constexpr std::array mailbox_rename{
    mailbox_key,
    Parameter{"to", address, required, "its new address"},
    Parameter{"keep_alias", flag, optional, "leave the old address behind as an alias of the mailbox, if one of your aliases is left"},
    dry_run,
};
constexpr std::array password_parameters{
    Parameter{"mailbox", address, optional, "one of your free mailboxes; without it your own password"},
    Parameter{"current", password, optional, "your own password as it is now; not asked for a free mailbox"},
    Parameter{"password", password, required, "the new one"},
    revoke, dry_run,
};
constexpr std::array log_parameters{Parameter{"most", number, optional, "so many entries; 100 without it"}};

constexpr std::array<Field, 15> card{{
    {"login", Kind::text, "your account"},
    {"customer", Kind::text, "whose account it is"},
    {"state", Kind::word, "active or suspended"},
    {"host_address", Kind::address, "your address in the operator's domain"},
    {"free_domain", Kind::domain, "where your free mailboxes live"},
    {"disk_limit", Kind::capacity, "room for your home, inbox and free mailboxes together"},
    {"space", Kind::size, "what they take now"},
    {"promised", Kind::size, "the capacities of your free mailboxes together"},
    {"aliases", Kind::number, "aliases you have made"},
    {"most_aliases", Kind::number, "aliases you may make"},
    {"mailboxes", Kind::number, "free mailboxes you have"},
    {"most_mailboxes", Kind::number, "free mailboxes you may have"},
    {"language", Kind::text, "pl or en"},
    {"maildir", Kind::text, "where your inbox is"},
    last_login,
}};
constexpr std::array<Field, 3> alias_row{{
    {"address", Kind::address, "the address"},
    {"to", Kind::address, "your account, or the free mailbox of yours that it leads to"},
    {"made_by", Kind::word, "administrator or self_service"},
}};
constexpr std::array<Field, 4> mailbox_row{{
    {"address", Kind::address, "the address, which is the log-in"},
    {"state", Kind::mailbox_word, "active, suspended or expired"},
    {"capacity", Kind::capacity, "how much it may hold"},
    {"valid_until", Kind::date, "the last day it is good for"},
}};
constexpr std::array<Field, 7> mailbox_card{{
    mailbox_row[0], mailbox_row[1], mailbox_row[2],
    {"usage", Kind::size, "how much it holds"},
    {"messages", Kind::number, "how many messages"},
    mailbox_row[3],
    {"host_address", Kind::address, "its address in the operator's domain"},
}};
constexpr std::array<Field, 4> usage_row{{
    {"what", Kind::word, "home, inbox, a free mailbox's address, or trash"},
    {"usage", Kind::size, "how much it takes"},
    {"capacity", Kind::size, "how much it may hold"},
    {"messages", Kind::number, "how many messages"},
}};
constexpr std::array<Field, 4> log_row{{
    {"at", Kind::instant, "when"},
    {"actor", Kind::text, "who"},
    {"verb", Kind::text, "did what"},
    {"subject", Kind::text, "with what"},
}};

constexpr std::array<Verb, 14> table{{
    {"my", "show", self, reads, {}, object, card, "Show your account and what is left of it.", "metkactl my show"},
    {"my", "usage", self, reads, {}, rows, usage_row, "Show what takes how much of your disk limit.", "metkactl my usage"},
    {"my", "password", self, writes, password_parameters, object, write_fields,
     "Change your own password, or that of a free mailbox of yours.", "metkactl my password --mailbox biuro@moja-firma.lublin.pl"},
    {"my", "log", self, reads, log_parameters, rows, log_row, "Show what was done to your account, and by whom.", "metkactl my log"},
    {"my", "alias list", self, reads, {}, rows, alias_row, "List the addresses that lead to you or to your free mailboxes.", "metkactl my alias list"},
    {"my", "alias add", self, writes, alias_alone, object, write_fields, "Lead another address to your inbox.",
     "metkactl my alias add info@moja-firma.lublin.pl"},
    {"my", "alias rename", self, writes, alias_rename, object, write_fields, "Change the address of an alias you made.",
     "metkactl my alias rename info@moja-firma.lublin.pl --to kontakt@moja-firma.lublin.pl"},
    {"my", "alias remove", self, destroys, alias_alone, object, write_fields, "Remove an alias you made.",
     "metkactl my alias remove info@moja-firma.lublin.pl --yes"},
    {"my", "mailbox list", self, reads, {}, rows, mailbox_row, "List your free mailboxes.", "metkactl my mailbox list"},
    {"my", "mailbox show", self, reads, mailbox_alone, object, mailbox_card, "Show a free mailbox of yours.",
     "metkactl my mailbox show biuro@moja-firma.lublin.pl"},
    {"my", "mailbox add", self, writes, mailbox_add, object, write_fields, "Make a free mailbox.",
     "metkactl my mailbox add biuro@moja-firma.lublin.pl --capacity 20M"},
    {"my", "mailbox set", self, writes, mailbox_set, object, write_fields, "Change the capacity of a free mailbox.",
     "metkactl my mailbox set biuro@moja-firma.lublin.pl --capacity 30M"},
    {"my", "mailbox rename", self, writes, mailbox_rename, object, write_fields, "Change the address of a free mailbox.",
     "metkactl my mailbox rename biuro@moja-firma.lublin.pl --to sklep@moja-firma.lublin.pl"},
    {"my", "mailbox remove", self, destroys, mailbox_gone, object, write_fields, "Remove a free mailbox with its mail.",
     "metkactl my mailbox remove biuro@moja-firma.lublin.pl --yes"},
}};
// clang-format on

} // namespace

std::span<const Verb> my_verbs()
{
    return table;
}

} // namespace metka::control
