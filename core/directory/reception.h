#pragma once
// Where mail for an address leads, as RCPT asks it: by the directory, and by the two addresses that every
// active domain has whether anybody provisioned them or not (RFC 5321 §4.5.1, RFC 2142 §4). metka-smtp
// decides by it, and `metkactl explain` tells by it.

#include <optional>
#include <string_view>

#include "core/directory/directory.h"
#include "core/policy/delivery.h"

namespace metka::directory {

// As they stood between < and >, unquoted.
struct RecipientName {
    std::string_view local;
    std::string_view domain; // empty: a bare <postmaster>
};

struct Reception {
    std::optional<RecipientRecord> record; // none: not our domain
    bool is_for_operator = false;          // nobody has the address: the operator reads its mail
};

// `operator_inbox`: where mail for the operator leads, if there is such an inbox.
Result<Reception> receive(Directory& directory, const RecipientName& name,
                          const std::optional<Address>& operator_inbox);

policy::RecipientFacts facts_of(const std::optional<RecipientRecord>& record);

} // namespace metka::directory
