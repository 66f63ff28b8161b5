#pragma once
// What is asked of the person at the terminal: a password, a yes.

#include <string>

#include "cli/failure.h"
#include "core/base/secret.h"
#include "core/domain/objects.h"

namespace metka::metkactl {

bool talks_to_a_person(); // standard input and standard error are a terminal

// Where on standard input a new password stands: behind the current one where that is read, too.
enum class NewPassword { only_line, second_line };

// One line of standard input. At a terminal it is asked for without echo: a new password twice, the one that
// is there once. The current one is the first line.
Outcome<Secret> read_new_password(NewPassword place, Language language);
Outcome<Secret> read_current_password(Language language);

// What a rehearsal finds on standard input; empty where there is no more, or a terminal, which is not asked.
Outcome<Secret> read_password_if_there(Language language);

// Who wrote two lines has said the current password first: it must not become the new one.
bool is_all_read();

// Anything but y or yes, in Polish also t or tak, is no.
bool confirm(const std::string& question, Language language);

} // namespace metka::metkactl
