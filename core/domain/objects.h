#pragma once
// What Metka provisions (DOMAIN "Words"). Plain records: the rules are in core/policy, where they live is
// core/directory's affair.

#include <cstdint>
#include <optional>
#include <string>

#include "core/base/bytes.h"
#include "core/base/id.h"
#include "core/domain/address.h"
#include "core/domain/date.h"
#include "core/domain/domain_name.h"

namespace metka {

struct Customer;
struct Domain;
struct Inbox;
using CustomerId = IdOf<Customer>;
using DomainId = IdOf<Domain>;
using InboxId = IdOf<Inbox>; // a shell account and a mailbox are each known by the id of their inbox

// The names of customers and shell accounts: 1–31 of `a-z 0-9 _ -`, a letter first (useradd(8) on Debian).
Result<std::string> parse_name(std::string_view text, std::string_view what);

// A line of text that people read: UTF-8, no control characters, at most 200 bytes.
Result<std::string> parse_title(std::string_view text);

enum class Standing { active, suspended };

struct Customer {
    CustomerId id;
    std::string name;    // the key
    std::string title;   // what people call it
    std::string contact; // an address anywhere
    Standing standing = Standing::active;
    Instant created;
};

enum class DomainKind { local, foreign };
enum class DomainState { pending, active, suspended };

struct Domain {
    DomainId id;
    DomainName name;
    CustomerId customer;
    DomainKind kind = DomainKind::foreign;
    DomainState state = DomainState::pending;
    std::string token; // proves ownership: TXT record _metka.<domain>
    Instant created;
};

struct ShellAccount {
    InboxId id;
    std::string login; // the Unix user's name
    CustomerId customer;
    std::uint32_t uid = 0;
    bool adopted = false; // the Unix user was there before us, and stays after
    Capacity disk_limit;
    std::optional<DomainId> free_domain;
    Standing standing = Standing::active;
    Instant created;
};

// The day a mailbox is good through, and the instant that day ends in the operator's time zone.
struct Validity {
    Date until;
    Instant ends;
};

struct Mailbox {
    InboxId id;
    Address address; // its primary address, which is its log-in
    CustomerId customer;
    std::optional<InboxId> shell; // free: in the space of this shell account; none: paid
    Capacity capacity;
    std::optional<Validity> validity;
    Standing standing = Standing::active;
    Instant created;
};

enum class MadeBy { administrator, self_service };

struct Alias {
    Address address;
    InboxId inbox;
    MadeBy made_by = MadeBy::administrator;
    Instant created;
};

std::string_view name(Standing);
std::string_view name(DomainKind);
std::string_view name(DomainState);
std::string_view name(MadeBy);

} // namespace metka
