#pragma once
// What --help prints, from the verb table.

#include <string>
#include <string_view>

#include "core/control/verbs.h"
#include "core/domain/objects.h"

namespace metka::metkactl {

std::string help(); // metkactl --help
// metkactl mailbox --help, metkactl my alias --help; of `my` in the language of its user
std::string help_for(std::string_view words, Language language);
std::string help_for(const control::Verb& verb, Language language); // metkactl mailbox add --help

} // namespace metka::metkactl
