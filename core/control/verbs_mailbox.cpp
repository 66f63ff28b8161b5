#include "core/control/verb_parts.h"

namespace metka::control {

namespace {

using namespace parts;

// clang-format off
constexpr Parameter mailbox_key{"address", address, key, "primary address, which is its log-in"};
constexpr Parameter capacity_{"capacity", capacity, optional, "how much it may hold"};
constexpr Parameter valid_until{"valid_until", date, optional, "the last day it is good for, or none"};
constexpr Parameter host_name{"host_name", local_name, optional, "its name in the operator's host domain; by default the local part, a dot and the first label of its domain", {}, "name"};
constexpr Parameter grace{"grace_days", override_number, optional, "days that its mail is kept after the last one; “plan”: as the plan says"};
constexpr Parameter notice_days{"notice_days", override_days, optional, "days before the last one on which its user is told, like 30,7,1; “plan”: as the plan says"};
constexpr std::array add_parameters{
    mailbox_key,
    Parameter{"customer", name, optional, "a paid mailbox of this customer"},
    Parameter{"shell", login, optional, "a free mailbox in the space of this shell account"},
    capacity_, valid_until, host_name, grace, notice_days, per_hour, per_day, language,
    Parameter{"force", flag, optional, "in a domain that is still pending"},
    Parameter{"password", password, required, "of its user"},
    dry_run,
};
constexpr std::array set_parameters{
    mailbox_key, capacity_, valid_until, state_, host_name, grace, notice_days, per_hour, per_day, language,
    Parameter{"customer", name, optional, "make a free mailbox a paid one of this, its own customer"},
    Parameter{"shell", login, optional, "make it a free mailbox in the space of this shell account"},
    Parameter{"password", password, optional, "a new one"},
    revoke,
    Parameter{"force", flag, optional, "lower the capacity below what it holds: delivery stops until there is room"},
    dry_run,
};
constexpr std::array key_alone{mailbox_key};
constexpr std::array key_and_dry_run{mailbox_key, dry_run};
constexpr std::array rename_parameters{
    mailbox_key,
    Parameter{"to", address, required, "its new primary address"},
    Parameter{"keep_alias", flag, optional, "leave the old address behind as an alias"},
    dry_run,
};
constexpr std::array renew_parameters{
    mailbox_key,
    Parameter{"until", date, optional, "the new last day; by default the plan's lifetime after the old one, or after today"},
    dry_run,
};
constexpr std::array<std::string_view, 3> states{"active", "suspended", "expired"};
constexpr std::array<std::string_view, 2> kinds{"free", "paid"};
constexpr std::array<std::string_view, 3> orders{"address", "expires", "capacity"};
constexpr std::array list_parameters{
    of_customer, in_domain,
    Parameter{"shell", login, optional, "only the free mailboxes of this shell account"},
    Parameter{"state", choice, optional, "only those in this state", states},
    Parameter{"kind", choice, optional, "only free or only paid ones", kinds},
    Parameter{"expires_before", date, optional, "only those whose last day is before this one"},
    Parameter{"over", percent, optional, "only those fuller than so much of their capacity, like 90%"},
    Parameter{"sort", choice, optional, "by address, by the last day or by capacity", orders},
};
constexpr Field mailbox_customer{"customer", Kind::text, "whose it is"};
constexpr Field mailbox_shell{"shell", Kind::text, "free: the shell account in whose space it is"};
constexpr Field mailbox_capacity{"capacity", Kind::capacity, "how much it may hold"};
constexpr Field mailbox_until{"valid_until", Kind::date, "the last day it is good for"};
constexpr std::array<Field, 7> row{{
    {"address", Kind::address, "the key"},
    {"state", Kind::word, "active, suspended or expired"},
    {"kind", Kind::word, "free or paid"},
    mailbox_customer, mailbox_shell, mailbox_capacity, mailbox_until,
}};
constexpr std::array<Field, 19> card{{
    row[0], row[1], row[2], mailbox_customer, mailbox_shell, mailbox_capacity,
    {"usage", Kind::size, "how much it holds"},
    {"messages", Kind::number, "how many messages"},
    mailbox_until,
    {"purged_after", Kind::date, "expired: the last day on which its mail is there"},
    {"host_address", Kind::address, "its address in the operator's host domain"},
    {"grace_days", Kind::number, "days that its mail is kept after the last one"},
    {"notice_days", Kind::text, "days before the last one on which its user is told"},
    most_per_hour, most_per_day,
    {"language", Kind::text, "pl or en"},
    {"maildir", Kind::text, "where the inbox is, below the state folder"},
    {"created", Kind::instant, "when it was added"},
    last_login,
}};

constexpr std::array<Verb, 9> table{{
    {"mailbox", "add", administrator, writes, add_parameters, object, write_fields,
     "Add a mailbox: free in the space of a shell account (--shell), or paid (--customer).",
     "metkactl mailbox add biuro@moja-firma.lublin.pl --shell anna --capacity 50M --valid-until 2027-12-31 "
     "--password-stdin"},
    {"mailbox", "list", administrator, reads, list_parameters, rows, row, "List the mailboxes.",
     "metkactl mailbox list --domain moja-firma.lublin.pl --expires-before +30d"},
    {"mailbox", "show", administrator, reads, key_alone, object, card, "Show a mailbox and what it uses.",
     "metkactl mailbox show biuro@moja-firma.lublin.pl --json"},
    {"mailbox", "set", administrator, writes, set_parameters, object, write_fields,
     "Change a mailbox, move it to another space, or give it a new password.",
     "metkactl mailbox set biuro@moja-firma.lublin.pl --capacity 100M --valid-until +1y"},
    {"mailbox", "rename", administrator, writes, rename_parameters, object, write_fields,
     "Give a mailbox another primary address; its mail, capacity and validity stay.",
     "metkactl mailbox rename biuro@moja-firma.lublin.pl --to kontakt@moja-firma.lublin.pl --keep-alias"},
    {"mailbox", "suspend", administrator, writes, key_and_dry_run, object, write_fields,
     "Suspend a mailbox: mail for it waits at its senders, nobody logs in.",
     "metkactl mailbox suspend biuro@moja-firma.lublin.pl"},
    {"mailbox", "resume", administrator, writes, key_and_dry_run, object, write_fields,
     "Let a suspended mailbox go on.", "metkactl mailbox resume biuro@moja-firma.lublin.pl"},
    {"mailbox", "renew", administrator, writes, renew_parameters, object, write_fields,
     "Move the last day of a mailbox on, also of one that has expired.",
     "metkactl mailbox renew biuro@moja-firma.lublin.pl --until +1y"},
    {"mailbox", "remove", administrator, destroys, key_and_dry_run, object, write_fields,
     "Remove a mailbox with its aliases; its mail is kept for its grace, its addresses for its customer.",
     "metkactl mailbox remove biuro@moja-firma.lublin.pl --yes"},
}};
// clang-format on

} // namespace

std::span<const Verb> mailbox_verbs()
{
    return table;
}

} // namespace metka::control
