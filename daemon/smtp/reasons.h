#pragma once
// Why each reply refuses, and what would change it: for the operator, who asks with `metkactl explain
// receipt`. A row for every refusal of replies.h; tests/house/reasons.py sees to it.

#include <string_view>

#include "core/wire/smtp_reply.h"

namespace metka::smtp {

struct Reason {
    wire::Reply reply;
    std::string_view rule;
    std::string_view remedy;
};

// Of a reply that the table does not have: that its text says it all.
const Reason& reason_of(const wire::Reply& reply);

} // namespace metka::smtp
