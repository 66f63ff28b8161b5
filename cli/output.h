#pragma once
// Standard output: in which form, and how it may fail.

#include <string_view>

#include "cli/command_line.h"
#include "cli/failure.h"
#include "cli/show.h"

namespace metka::metkactl {

Colour wanted_colour(); // NO_COLOR, if set and not empty: never
Style style_of(const CommandLine& line, Language user);

// A reader that has gone is no fault of ours, and none to talk about: it ends with a failure without a text.
Outcome<void> print(std::string_view text);

} // namespace metka::metkactl
