#pragma once
// What the tables of verbs share. Each file verbs_*.cpp holds the nouns of one area.

#include <array>
#include <span>

#include "core/control/verbs.h"

namespace metka::control {

std::span<const Verb> customer_verbs(); // plan too
std::span<const Verb> domain_verbs();
std::span<const Verb> shell_verbs();
std::span<const Verb> mailbox_verbs();
std::span<const Verb> alias_verbs();
std::span<const Verb> app_password_verbs(std::string_view noun); // mailbox, shell, my
std::span<const Verb> my_verbs();
std::span<const Verb> sweep_verbs();         // notices too
std::span<const Verb> configuration_verbs(); // engine and daemon too
std::span<const Verb> explain_verbs();
std::span<const Verb> login_verbs();
std::span<const Verb> house_verbs();

namespace parts {

using enum Type;
using enum Need;
using enum Who;
using enum Effect;

inline constexpr auto rows = Shape::rows;
inline constexpr auto object = Shape::object;

inline constexpr std::array<std::string_view, 2> standings{"active", "suspended"};
inline constexpr std::array<std::string_view, 2> languages{"pl", "en"};
inline constexpr std::array<std::string_view, 2> switches{"on", "off"};

inline constexpr Parameter dry_run{"dry_run", flag, optional, "print what would be done, and change nothing"};
inline constexpr Parameter state_{"state", choice, optional, "suspend it, or let it go on", standings};
inline constexpr Parameter language{"language", choice, optional, "of notices and of the web page",
                                    languages};
inline constexpr Parameter per_hour{"messages_per_hour", override_number, optional,
                                    "messages it may send in an hour, 0: no limit; “plan”: as the plan says"};
inline constexpr Parameter per_day{"messages_per_day", override_number, optional,
                                   "messages it may send in a day, 0: no limit; “plan”: as the plan says"};
inline constexpr Field most_per_hour{"messages_per_hour", Kind::limit,
                                     "how many it may send in an hour; 0: no limit"};
inline constexpr Field most_per_day{"messages_per_day", Kind::limit,
                                    "how many it may send in a day; 0: no limit"};
inline constexpr Parameter revoke{"revoke_app_passwords", flag, optional,
                                  "remove its app passwords, which otherwise stay valid"};
inline constexpr Parameter recursive{"recursive", flag, optional, "with all that belongs to it"};
inline constexpr Parameter force{"force", flag, optional, "though a rule of caution stands against it"};
inline constexpr Parameter of_customer{"customer", name, optional, "only those of this customer"};
inline constexpr Parameter in_domain{"domain", domain, optional, "only those with an address in this domain"};

// What every writing verb answers.
inline constexpr std::array<Field, 2> write_fields{{
    {"done", Kind::flag, "false after --dry-run"},
    {"steps", Kind::steps, "what was done, or would be"},
}};

// The last log-in of an account, as metka-auth has noted it.
inline constexpr std::array<Field, 5> login_record{{
    {"at", Kind::instant, "when"},
    {"service", Kind::text, "pop3 or submission"},
    {"from", Kind::text, "the IP address of the client"},
    {"app_password", Kind::text, "the name of the app password; null: it was the main one"},
    {"problem", Kind::text, "why nothing else is known now; null: it is"},
}};
inline constexpr Field last_login{"last_login", Kind::record,
                                  "the last log-in with a right password; null: none is known", login_record};

// Against whom wrong guesses of passwords are counted.
inline constexpr std::array<Field, 10> held_row{{
    {"what", Kind::word,
     "what is counted: account, acquaintance (an account at an address from which it was opened), neighbours "
     "(all accounts together that know an address), network, address, or nobody: names that nobody has"},
    {"from", Kind::text, "the address (IPv6: the /64) or the network; metkactl my: the account's own shell"},
    {"account", Kind::address, "the mailbox or shell account"},
    {"names", Kind::number, "how many names that nobody has"},
    {"state", Kind::word,
     "refused: no guess is looked at; delayed: refusals are said late; counted: neither yet"},
    {"wrong", Kind::number, "wrong guesses since then"},
    {"left", Kind::number, "how many more are looked at now"},
    {"since", Kind::instant, "when the first of them was"},
    {"until", Kind::instant, "when it is neither refused nor delayed, if nobody guesses on; null: it is not"},
    {"delay", Kind::seconds, "how long a refusal is held back"},
}};

} // namespace parts

} // namespace metka::control
