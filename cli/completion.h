#pragma once
// Completion in shells: `metkactl completion SHELL` prints a small function, which asks `metkactl __complete`
// for what may stand where the cursor is. Words and flags come from the verb table, names from metkad – those
// that the caller may know. Silent and quick where metkad is away.

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cli/failure.h"

namespace metka::metkactl {

// Live names that are asked for (`complete` in the verb table).
struct NamesWanted {
    std::string_view kind;
    std::string_view begins;
    std::string_view account = {}; // whose they are: of app passwords
};
using Names = std::function<std::vector<std::string>(const NamesWanted& wanted)>;

// What may stand in the place of the last of `words`, which are those after `metkactl`.
std::vector<std::string> candidates(std::span<const std::string> words, const Names& names);

// The same, a line each, with the names that metkad knows; it is looked for at `socket`, unless --socket is
// among the words.
std::string completions(std::vector<std::string> words, std::string socket);

// `words`: bash, zsh or fish, or --help.
Outcome<std::string> completion_script(std::span<const std::string> words);

} // namespace metka::metkactl
