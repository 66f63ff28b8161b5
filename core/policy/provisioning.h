#pragma once
// The rules of DOMAIN "Rules" that provisioning asks. Pure: facts in, yes or a refusal out. A refusal names
// the rule, the number that was reached, and what would help.
//
// Faults: invalid (never possible), conflict (something stands in the way), limit (a number is reached).

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/domain/objects.h"

namespace metka::policy {

// What belongs to the operator and to nobody else.
struct OperatorNames {
    std::optional<DomainName> host;
    std::vector<DomainName> local_zones;
};

// Rule 7. A direct child of a local zone is local; the zones themselves and the host domain are nobody's.
Result<DomainKind> kind_of_new_domain(const DomainName& name, const OperatorNames& operators);

// "When states meet", reserved names.
Result<void> may_name_shell_account(std::string_view login);

// An address may be provisioned in a domain of the same customer that has been proven.
struct PlaceFacts {
    Address address;
    std::string customer;        // who would own the address
    std::string domain_customer; // whose domain it is
    DomainState domain_state = DomainState::active;
};
Result<void> may_place_address(const PlaceFacts& facts);

// Rule 4 and V8. Counts are of what is there before the new one.
struct FreeMailboxFacts {
    Address address;
    std::string login; // the shell account in whose space it would be
    std::optional<DomainName> free_domain;
    std::uint64_t in_shell = 0;
    std::uint64_t in_domain = 0;
    std::uint64_t of_customer = 0;
    std::uint64_t shells = 0;  // k
    std::uint64_t domains = 0; // d
    std::uint64_t per_shell = 5;
    std::uint64_t per_domain = 5;
};
Result<void> may_add_free_mailbox(const FreeMailboxFacts& facts);

// Rules 4 and 6, V4: what free mailboxes may come to hold, and what is used, stays within the disk limit.
struct DiskFacts {
    std::string login;
    Capacity limit;
    Bytes used;                     // by the inbox
    std::vector<Capacity> promised; // the free mailboxes, the new or changed one included
};
Result<void> fits_disk_limit(const DiskFacts& facts);

// Rule 6: a capacity below what is used.
Result<void> may_set_capacity(const Address& address, Capacity capacity, Bytes used);

// Rule 5.
Result<void> may_change_free_domain(std::string_view login, std::uint64_t free_mailboxes);

// Rule 8: `owned` names all that still belongs to it, like “mailbox a@example.org”.
Result<void> may_remove(std::string_view subject, const std::vector<std::string>& owned);

// "active", "suspended", "expired": what a mailbox is now (DOMAIN "Life of a mailbox"). The strictest wins.
std::string_view state_of(Standing standing, const std::optional<Validity>& validity, Instant now);

} // namespace metka::policy
