#pragma once
// What is asked of the person at the terminal: a password, a yes.

#include <string>

#include "cli/failure.h"
#include "core/base/secret.h"

namespace metka::metkactl {

bool talks_to_a_person(); // standard input and standard error are a terminal

// One line of standard input; at a terminal it is asked for twice, without echo.
Outcome<Secret> read_password();

// Anything but y or yes is no.
bool confirm(const std::string& question);

} // namespace metka::metkactl
