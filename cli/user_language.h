#pragma once
// The language of the person who asks, as the environment has it, and texts in it.

#include <string>
#include <string_view>

#include "core/domain/objects.h"

namespace metka::metkactl {

Language user_language(); // LC_ALL, LC_MESSAGES, LANG: the first that is set; pl* is Polish, all else English

// A text of the verb table, or a literal: the text itself where it has no translation. Must outlive the call.
std::string said(Language language, std::string_view text);

} // namespace metka::metkactl
