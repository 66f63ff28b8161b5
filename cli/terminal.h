#pragma once
// What is asked of the person at the terminal: a password, a yes.

#include <string>

#include "cli/failure.h"
#include "core/base/secret.h"
#include "core/domain/objects.h"

namespace metka::metkactl {

bool talks_to_a_person(); // standard input and standard error are a terminal

// One line of standard input. At a terminal it is asked for without echo: a new password twice, the one that
// is there once.
Outcome<Secret> read_new_password(Language language);
Outcome<Secret> read_current_password(Language language);

// Anything but y or yes, in Polish also t or tak, is no.
bool confirm(const std::string& question, Language language);

} // namespace metka::metkactl
