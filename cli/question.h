#pragma once
// What metkactl asks before something goes.

#include <string>

#include "cli/command_line.h"

namespace metka::metkactl {

// "Remove mailbox x with its aliases? Its mail is kept for its grace": names what goes.
std::string removal_question(const CommandLine& line, Language language);

} // namespace metka::metkactl
