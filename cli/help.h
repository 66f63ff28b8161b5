#pragma once
// What --help prints, from the verb table.

#include <string>
#include <string_view>

#include "core/control/verbs.h"

namespace metka::metkactl {

std::string help();                          // metkactl --help
std::string help_for(std::string_view noun); // metkactl mailbox --help
std::string help_for(const control::Verb&);  // metkactl mailbox add --help

} // namespace metka::metkactl
