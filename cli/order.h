#pragma once
// One request of a verb to metkad, and its result.

#include "cli/command_line.h"
#include "cli/connection.h"
#include "cli/failure.h"
#include "core/control/request.h"

namespace metka::metkactl {

control::Envelope envelope_of(const CommandLine& line, Language user);

Outcome<control::Json> order(Connection& connection, const control::Verb& verb, control::JsonObject params,
                             const control::Envelope& envelope, const Told& told = {});

} // namespace metka::metkactl
