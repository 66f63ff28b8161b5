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

// "When states meet", reserved names: shell accounts and self-service never have them.
Result<void> may_name_shell_account(std::string_view login);
Result<void> may_name_by_self_service(const Address& address);

// yes: the administrator said --force.
enum class Forced { no, yes };

// An address may be provisioned in a domain of the same customer that has been proven.
struct PlaceFacts {
    Address address;
    std::string customer;                         // who would own the address
    std::string domain_customer;                  // whose domain it is
    DomainKind domain_kind = DomainKind::foreign; // the host domain takes accounts of every customer
    DomainState domain_state = DomainState::active;
    Forced forced = Forced::no;
};
Result<void> may_place_address(const PlaceFacts& facts);

// A freed address waits for its old customer; others get it when the quarantine is over.
Result<void> may_take_freed(const Address& address, const std::optional<Quarantine>& quarantine,
                            const CustomerId& customer, Instant now);

// Rule 3, self-service: an alias of the shell account itself, while it has fewer than its number.
struct SelfAliasFacts {
    Address address;
    bool own_domain = false; // of the same customer
    DomainState domain_state = DomainState::active;
    std::uint64_t count = 0;
    std::uint64_t most = 5;
};
Result<void> may_add_self_alias(const SelfAliasFacts& facts);

// Whom a refusal speaks to: who could do it differently, or who can only ask the administrator.
enum class Asker { administrator, owner };

// Rule 4 and V8. Counts are of what is there before the new one.
struct FreeMailboxFacts {
    Address address;
    std::string login; // the shell account in whose space it would be
    std::optional<DomainName> free_domain;
    std::uint64_t in_shell = 0;
    std::uint64_t in_domain = 0;
    std::uint64_t of_customer = 0;
    std::uint64_t most_in_shell = 5;
    std::uint64_t most_in_domain = 5;
    std::uint64_t sum_of_shells = 5;  // 5k, unless a shell account has a number of its own
    std::uint64_t sum_of_domains = 5; // 5d
    Asker asker = Asker::administrator;
};
Result<void> may_add_free_mailbox(const FreeMailboxFacts& facts);

// Rules 4 and 6, V4: what free mailboxes may come to hold, and what is used, stays within the disk limit.
struct DiskFacts {
    std::string login;
    Capacity limit;
    Bytes used;                     // by the home and the inbox
    std::vector<Capacity> promised; // the free mailboxes, the new or changed one included
    Asker asker = Asker::administrator;
};
Result<void> fits_disk_limit(const DiskFacts& facts);

// Rule 6: a capacity below what is used, unless forced: then delivery stops until there is room.
Result<void> may_set_capacity(const Address& address, Capacity capacity, Bytes used,
                              Asker asker = Asker::administrator);

// Rule 5.
Result<void> may_change_free_domain(std::string_view login, std::uint64_t free_mailboxes);

// Rule 8: `owned` names all that still belongs to it, like “mailbox a@example.org”.
Result<void> may_remove(std::string_view subject, const std::vector<std::string>& owned);

} // namespace metka::policy
