#pragma once
// What the verbs of `explain` have in common: the rules themselves are core/policy's and the directory's.

#include <optional>
#include <string>
#include <string_view>

#include "daemon/metkad/provisioning/facts.h"

namespace metka::metkad {

// Which object decides, and what the administrator would do about it.
struct Decider {
    std::string object; // "domain moja-firma.lublin.pl"
    std::string remedy; // empty: nothing is to be changed
};

struct Decision {
    std::string_view verdict; // "accepted", "later", "refused"
    std::string_view reply;   // "550 5.1.1"
    std::string_view rule;
    Decider by;
};
void put(control::JsonObject& card, const Decision& decision); // verdict, reply, rule, decided_by, remedy
void put(control::JsonObject& card, std::string_view rule, const Decider& by);

// "mailbox biuro@moja-firma.lublin.pl", "shell account anna".
std::string title_of(const directory::InboxRecord& inbox);

// The nearest of what suspends an inbox: itself, its shell account, its customer, the domain of its address.
// It is suspended.
Result<Decider> suspender_of(Office& office, const InboxId& inbox);

Decider expired_mailbox(const directory::InboxRecord& inbox);

control::Json text_or_null(const std::string& text); // null: it is empty

} // namespace metka::metkad
