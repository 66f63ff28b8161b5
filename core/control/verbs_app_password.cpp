#include <algorithm>

#include "core/control/verb_parts.h"

namespace metka::control {

namespace {

using namespace parts;

// clang-format off
constexpr Parameter mailbox_key{"address", address, key, "primary address of the mailbox"};
constexpr Parameter shell_key{"login", login, key, "name of the shell account"};
constexpr Parameter own_key{"name", password_name, key, "its name, as “Telefon”"};
constexpr Parameter its_name{"name", password_name, required, "its name, as “Telefon”"};
constexpr Parameter its_end{"valid_until", date, optional, "the last day it opens anything; without it, or with none, there is no end"};
constexpr Parameter of_mailbox{"mailbox", address, optional, "one of your free mailboxes; without it your own account"};

constexpr std::array mailbox_add{mailbox_key, its_name, its_end, dry_run};
constexpr std::array mailbox_list{mailbox_key};
constexpr std::array mailbox_remove{mailbox_key, its_name, dry_run};
constexpr std::array shell_add{shell_key, its_name, its_end, dry_run};
constexpr std::array shell_list{shell_key};
constexpr std::array shell_remove{shell_key, its_name, dry_run};
constexpr std::array my_add{own_key, of_mailbox, its_end, dry_run};
constexpr std::array my_list{of_mailbox};
constexpr std::array my_remove{own_key, of_mailbox, dry_run};

constexpr std::array<Field, 3> made{{
    write_fields[0], write_fields[1],
    {"password", Kind::text, "the new app password, shown this once; absent after --dry-run"},
}};
constexpr std::array<Field, 7> row{{
    {"name", Kind::text, "the key, within its account"},
    {"state", Kind::word, "active or expired"},
    {"valid_until", Kind::date, "the last day it opens anything"},
    {"created", Kind::instant, "when it was made"},
    {"last_used", Kind::instant, "when it last let somebody in"},
    {"service", Kind::word, "to what: pop3 or submission"},
    {"peer", Kind::text, "from which IP address"},
}};

constexpr std::array<Verb, 9> table{{ // by their nouns
    {"mailbox", "app-password add", administrator, writes, mailbox_add, object, made,
     "Make another password of a mailbox, for one program or device: it opens POP3 and submission alone, and is shown once.",
     "metkactl mailbox app-password add biuro@moja-firma.lublin.pl --name Telefon --valid-until +1y"},
    {"mailbox", "app-password list", administrator, reads, mailbox_list, rows, row, "List the app passwords of a mailbox.",
     "metkactl mailbox app-password list biuro@moja-firma.lublin.pl"},
    {"mailbox", "app-password remove", administrator, destroys, mailbox_remove, object, write_fields,
     "Remove an app password of a mailbox: from now on it opens nothing; sessions under way go on.",
     "metkactl mailbox app-password remove biuro@moja-firma.lublin.pl --name Telefon --yes"},
    {"my", "app-password add", self, writes, my_add, object, made,
     "Make another password for one program or device: it opens POP3 and submission alone, and is shown once.",
     "metkactl my app-password add Telefon --mailbox biuro@moja-firma.lublin.pl"},
    {"my", "app-password list", self, reads, my_list, rows, row, "List your app passwords, or those of a free mailbox of yours.",
     "metkactl my app-password list"},
    {"my", "app-password remove", self, destroys, my_remove, object, write_fields,
     "Remove an app password: from now on it opens nothing; sessions under way go on.",
     "metkactl my app-password remove Telefon --yes"},
    {"shell", "app-password add", administrator, writes, shell_add, object, made,
     "Make another password of a shell account, for one program or device: it opens POP3 and submission alone, and is shown once.",
     "metkactl shell app-password add anna --name Telefon"},
    {"shell", "app-password list", administrator, reads, shell_list, rows, row, "List the app passwords of a shell account.",
     "metkactl shell app-password list anna"},
    {"shell", "app-password remove", administrator, destroys, shell_remove, object, write_fields,
     "Remove an app password of a shell account: from now on it opens nothing; sessions under way go on.",
     "metkactl shell app-password remove anna --name Telefon --yes"},
}};
// clang-format on

} // namespace

std::span<const Verb> app_password_verbs(std::string_view noun)
{
    const auto of_noun = std::ranges::equal_range(table, noun, {}, &Verb::noun);
    return {of_noun.begin(), of_noun.end()};
}

} // namespace metka::control
