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
std::span<const Verb> my_verbs();
std::span<const Verb> sweep_verbs();         // notices too
std::span<const Verb> configuration_verbs(); // engine and daemon too
std::span<const Verb> explain_verbs();
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
inline constexpr Field most_per_hour{"messages_per_hour", Kind::number,
                                     "how many it may send in an hour; 0: no limit"};
inline constexpr Field most_per_day{"messages_per_day", Kind::number,
                                    "how many it may send in a day; 0: no limit"};
inline constexpr Parameter recursive{"recursive", flag, optional, "with all that belongs to it"};
inline constexpr Parameter force{"force", flag, optional, "though a rule of caution stands against it"};
inline constexpr Parameter of_customer{"customer", name, optional, "only those of this customer"};
inline constexpr Parameter in_domain{"domain", domain, optional, "only those with an address in this domain"};

// What every writing verb answers.
inline constexpr std::array<Field, 2> write_fields{{
    {"done", Kind::flag, "false after --dry-run"},
    {"steps", Kind::steps, "what was done, or would be"},
}};

} // namespace parts

} // namespace metka::control
