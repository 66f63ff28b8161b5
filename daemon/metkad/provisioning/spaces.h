#pragma once
// The space of a shell account (V4, V8): what its free mailboxes count and are promised.

#include "core/policy/provisioning.h"
#include "daemon/metkad/provisioning/facts.h"

namespace metka::metkad {

// The numbers in force for one shell account, one domain, one customer: their own, or the plan's.
struct Numbers {
    std::uint64_t most_in_shell = 0;
    std::uint64_t most_aliases = 0;
    std::uint64_t messages_per_hour = 0; // 0: no limit
    std::uint64_t messages_per_day = 0;  // 0: no limit
};
Result<Numbers> numbers_of(Office& office, const ShellAccount& shell);
Result<std::uint64_t> most_free_mailboxes(Office& office, const Domain& domain);

// The two sums of which the lesser is what a customer may have ("When states meet", plan numbers overridden).
struct Sums {
    std::uint64_t of_shells = 0;
    std::uint64_t of_domains = 0;
};
Result<Sums> sums_of(Office& office, const Customer& customer);

// What rule 4 asks of a new free mailbox at `address`.
Result<policy::FreeMailboxFacts> free_mailbox_facts(Office& office, const ShellAccount& shell,
                                                    const Address& address);

// How many aliases self-service has made: to the account itself, and what renamed free mailboxes left behind.
Result<std::uint64_t> self_service_aliases(Office& office, const ShellAccount& shell);

// Home as last measured, and inbox as it is now.
struct SpaceUse {
    Bytes home;
    maildir::Usage inbox;
    Bytes boxes; // of the free mailboxes, removed ones included
    Bytes all() const;
};
asio::awaitable<Result<SpaceUse>> use_of(Office& office, const ShellAccount& shell);

// The facts of rule 4 and 6 for a disk limit: `limit`, and free mailboxes as they are but for one that
// becomes `capacity`: `changed`, or a new one.
struct Promise {
    Capacity capacity;
    std::optional<InboxId> changed;
};
asio::awaitable<Result<void>> check_disk_limit(Office& office, const ShellAccount& shell,
                                               std::optional<Promise> promise,
                                               policy::Asker asker = policy::Asker::administrator);

// Measures the home afresh, which may take minutes, and notes it when it is its turn to write.
asio::awaitable<Result<HomeMeasure>> measure_home(Office& office, Turnstile& writers, ShellAccount shell);

} // namespace metka::metkad
