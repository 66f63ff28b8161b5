#pragma once
// Who reads mail for postmaster and abuse (RFC 5321 §4.5.1, RFC 2142; DOMAIN rule 2): the operator's inbox,
// which must be there before the first domain is active.

#include "daemon/metkad/provisioning/change.h"

namespace metka::metkad {

using control::Json;

// Makes it, with a step in `plan`, if it is to lie in the host domain and is not there. conflict: it cannot
// be made, and nobody would read that mail. `activated` is the domain that becomes active: the inbox may be
// made in it afterwards.
asio::awaitable<Result<void>> ensure_operator_inbox(Order& order, Plan& plan, DomainName activated);

// conflict: operator.domain is the domain of a customer.
Result<void> check_host_domain(directory::Registry& registry, const settings::Settings& settings);

// Brings the host domain of the directory to what metka.yaml says; at start, and at a switch. Where that says
// none, one that nothing lies in goes.
Result<void> settle_host_domain(directory::Registry& registry, const settings::Settings& settings,
                                Instant now);

// A domain becomes active or changes: the commit, and the zone snippets after it.
Result<Json> activate(Order& order, Plan plan, const Work& work);

} // namespace metka::metkad
