#pragma once
// What Metka provisions (DOMAIN "Words"). Plain records: the rules are in core/policy, where they live is
// core/directory's affair.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

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

constexpr std::string_view standard_plan = "standard"; // the section `plan` of metka.yaml

// The names of customers and shell accounts: 1–31 of `a-z 0-9 _ -`, a letter first (useradd(8) on Debian).
Result<std::string> parse_name(std::string_view text, std::string_view what);

// A line of text that people read: UTF-8, no control characters, at most 200 bytes.
Result<std::string> parse_title(std::string_view text);

enum class Standing { active, suspended };

// What notices, web pages and `my` commands are written in.
enum class Language { polish, english };

// How many days before its last day the user of a mailbox is told: 1–365 each, at most 8, the largest first.
using NoticeDays = std::vector<std::uint16_t>;
Result<NoticeDays> parse_notice_days(std::string_view text); // "30,7,1"; "none" is an empty list
std::string show(const NoticeDays& days);                    // as parse_notice_days() takes it

struct Customer {
    CustomerId id;
    std::string name;    // the key
    std::string title;   // what people call it
    std::string contact; // an address anywhere
    std::string plan = std::string(standard_plan);
    Language language = Language::polish; // what its new accounts start with
    Standing standing = Standing::active;
    Instant created;
};

enum class DomainKind { local, foreign, host }; // host: the operator's own, of no customer
enum class DomainState { pending, active, suspended };

struct Domain {
    DomainId id;
    DomainName name;
    CustomerId customer; // empty: the host domain
    DomainKind kind = DomainKind::foreign;
    DomainState state = DomainState::pending;
    std::string token;                           // proves ownership: TXT record _metka.<domain>
    std::optional<std::uint64_t> free_mailboxes; // in place of the plan's number
    bool protects_sender = false;                // mail from outside that claims a sender of it is refused
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
    std::optional<std::uint64_t> self_service_aliases; // in place of the plan's number
    std::optional<std::uint64_t> free_mailboxes;       // in place of the plan's number
    std::optional<std::uint64_t> messages_per_hour;    // in place of the plan's number; 0: no limit
    std::optional<std::uint64_t> messages_per_day;     // in place of the plan's number; 0: no limit
    Language language = Language::polish;
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
    std::string host_name;        // V11: its local part in the host domain; a shell account's is its log-in
    Capacity capacity;
    std::optional<Validity> validity;
    std::optional<std::uint64_t> grace_days;        // in place of the plan's number
    std::optional<NoticeDays> notice_days;          // in place of the plan's
    std::optional<std::uint64_t> messages_per_hour; // in place of the plan's number; 0: no limit
    std::optional<std::uint64_t> messages_per_day;  // in place of the plan's number; 0: no limit
    Language language = Language::polish;
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

// An address that was freed a while ago: only `customer` may take it before `until` (DOMAIN, the quarantine).
struct Quarantine {
    Address address;
    CustomerId customer;
    Instant until;
};

// An account whose row has gone, and whose mail waits for the end of its grace.
struct Removed {
    InboxId id;
    std::optional<InboxId> shell; // a free mailbox: in whose space it lies
    bool is_shell = false;        // a shell account's whole space
    std::uint32_t uid = 0;        // then: of its Unix user
    std::string login;            // what it was called
    Instant removed;
    Instant purge_after;
};

std::string_view name(Standing);
std::string_view name(Language); // "pl", "en"
std::optional<Language> language_named(std::string_view);
std::string_view name(DomainKind);
std::string_view name(DomainState);
std::string_view name(MadeBy);

} // namespace metka
