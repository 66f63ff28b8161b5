#include "core/control/verb_parts.h"

namespace metka::control {

namespace {

using namespace parts;

// clang-format off
constexpr std::array list_parameters{
    Parameter{"all", flag, optional, "also those that may still guess without delay"},
    Parameter{"most", number, optional, "so many, up to 10000; 1000 without it"},
};
constexpr std::array unblock_parameters{
    Parameter{"whom", guesser, optional_key, "an account by any name it logs in with, an IP address with its network, or a network with its addresses"},
    Parameter{"all", flag, optional, "everybody"},
    dry_run,
};

constexpr std::array<Verb, 2> table{{
    {"login", "list", administrator, reads, list_parameters, rows, held_row,
     "List who is held back for wrong passwords now: accounts, networks, addresses.", "metkactl login list"},
    {"login", "unblock", administrator, writes, unblock_parameters, object, write_fields,
     "Forget at once the wrong passwords that are held against an account, an address, a network or everybody.",
     "metkactl login unblock 192.0.2.1"},
}};
// clang-format on

} // namespace

std::span<const Verb> login_verbs()
{
    return table;
}

} // namespace metka::control
