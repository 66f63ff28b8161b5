#include "core/control/verb_parts.h"

namespace metka::control {

namespace {

using namespace parts;

// clang-format off
constexpr Parameter shell_key{"login", login, key, "name of the Unix user"};
constexpr Parameter disk_limit{"disk_limit", capacity, optional, "room for home, inbox and free mailboxes together"};
constexpr Parameter aliases{"aliases", override_number, optional, "aliases by self-service; “plan”: as many as the plan says"};
constexpr Parameter free_mailboxes{"free_mailboxes", override_number, optional, "free mailboxes in its space; “plan”: as many as the plan says"};
constexpr std::array add_parameters{
    shell_key,
    Parameter{"customer", name, required, "whose account it is"},
    Parameter{"adopt", flag, optional, "the Unix user is there already and stays when the account goes"},
    disk_limit,
    Parameter{"free_domain", domain, optional, "the one domain in which its free mailboxes live"},
    aliases, free_mailboxes, per_hour, per_day, language,
    Parameter{"password", password, optional, "of the Unix user; without one nobody can log in until it is set"},
    dry_run,
};
constexpr std::array set_parameters{
    shell_key, disk_limit,
    Parameter{"free_domain", override_domain, optional, "the one domain in which its free mailboxes live, or none"},
    aliases, free_mailboxes, per_hour, per_day, language, state_,
    Parameter{"password", password, optional, "a new one for the Unix user"},
    revoke,
    Parameter{"force", flag, optional, "lower the disk limit below what is promised: delivery stops until there is room"},
    dry_run,
};
constexpr std::array key_alone{shell_key};
constexpr std::array key_and_dry_run{shell_key, dry_run};
constexpr std::array rename_parameters{shell_key, Parameter{"to", login, required, "the new name of the Unix user"}, dry_run};
constexpr std::array list_parameters{
    of_customer,
    Parameter{"state", choice, optional, "only those in this state", standings},
    Parameter{"over", percent, optional, "only those that use more than so much of their disk limit, like 90%"},
};
constexpr std::array remove_parameters{
    shell_key,
    Parameter{"remove_unix_user", flag, optional, "also remove the Unix user that Metka created, with the home"},
    recursive, dry_run,
};
constexpr std::array<Field, 5> row{{
    {"login", Kind::text, "the key"},
    {"customer", Kind::text, "whose it is"},
    {"state", Kind::word, "active or suspended"},
    {"disk_limit", Kind::capacity, "room for home, inbox and free mailboxes together"},
    {"free_domain", Kind::domain, "where its free mailboxes live"},
}};
constexpr std::array<Field, 25> card{{
    row[0], row[1], row[2], row[3], row[4],
    {"uid", Kind::number, "of the Unix user"},
    {"adopted", Kind::flag, "the Unix user was there before Metka"},
    {"host_address", Kind::address, "its address in the operator's host domain"},
    {"usage", Kind::size, "of the inbox"},
    {"messages", Kind::number, "in the inbox"},
    {"home", Kind::size, "of the home, as last measured"},
    {"space", Kind::size, "of home, inbox and free mailboxes together, those in the trash included"},
    {"promised", Kind::size, "the capacities of the free mailboxes together"},
    {"fence", Kind::text, "what holds the limit besides Metka's own count: btrfs, quota or none, and why"},
    {"free_mailboxes", Kind::number, "how many free mailboxes it holds"},
    {"most_free_mailboxes", Kind::number, "how many it may hold"},
    {"self_service_aliases", Kind::number, "how many aliases its user has made"},
    {"most_self_service_aliases", Kind::number, "how many the user may make"},
    most_per_hour, most_per_day,
    {"language", Kind::text, "pl or en"},
    {"maildir", Kind::text, "where the inbox is, below the state folder"},
    {"problems", Kind::steps, "what the sweeps found and a person must look at"},
    {"created", Kind::instant, "when it was added"},
    last_login,
}};

constexpr std::array<Verb, 8> table{{
    {"shell", "add", administrator, writes, add_parameters, object, write_fields,
     "Add a shell account, with a new Unix user or one that is there already.",
     "metkactl shell add anna --customer firma --disk-limit 500M --free-domain moja-firma.lublin.pl --password-stdin"},
    {"shell", "list", administrator, reads, list_parameters, rows, row, "List the shell accounts.",
     "metkactl shell list --customer firma"},
    {"shell", "show", administrator, reads, key_alone, object, card, "Show a shell account and what it uses.",
     "metkactl shell show anna --json"},
    {"shell", "set", administrator, writes, set_parameters, object, write_fields, "Change a shell account.",
     "metkactl shell set anna --disk-limit 1G"},
    {"shell", "rename", administrator, writes, rename_parameters, object, write_fields,
     "Give the Unix user of a shell account, and so the account, another name.", "metkactl shell rename anna --to anna2"},
    {"shell", "suspend", administrator, writes, key_and_dry_run, object, write_fields,
     "Suspend a shell account and its free mailboxes; the Unix log-in is not touched.", "metkactl shell suspend anna"},
    {"shell", "resume", administrator, writes, key_and_dry_run, object, write_fields,
     "Let a suspended shell account go on.", "metkactl shell resume anna"},
    {"shell", "remove", administrator, destroys, remove_parameters, object, write_fields,
     "Remove a shell account; its mail is kept for the grace of its plan, the Unix user stays.",
     "metkactl shell remove anna --recursive --yes"},
}};
// clang-format on

} // namespace

std::span<const Verb> shell_verbs()
{
    return table;
}

} // namespace metka::control
