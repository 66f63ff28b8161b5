#pragma once
// What the seeder of a directory and the load generator must agree on.

#include <cstdint>
#include <string>

namespace metka::bench {

constexpr std::uint64_t mailboxes_a_domain = 100;

// The address of the mailbox of this number, counted from 0.
inline std::string seeded_address(std::uint64_t number)
{
    return "m" + std::to_string(number) + "@d" + std::to_string(number / mailboxes_a_domain) + ".lublin.pl";
}

} // namespace metka::bench
