#pragma once
// The values of settings as words, and back. A row's default, its bounds and what the file says are all read
// by the same rules.

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/settings/table.h"

namespace metka::settings {

// Reads one word into the member of `row`; a list gets it appended. Refuses what is not of the row's kind or
// beyond its bounds, with a text that says what would be right. `none` is not a word here: see clear().
Result<void> take(Settings& settings, const Row& row, std::string_view word);

void clear(Settings& settings, const Row& row); // no text, no domain, an empty list

// The words that take() reads back to the same value; no words: `none`.
std::vector<std::string> words_of(const Settings& settings, const Row& row);

// The same, as it stands in a YAML file: `2G`, `["*:25"]`, `none`.
std::string yaml_of(std::span<const std::string> words, const Row& row);

// One word, plain where every YAML reader takes it for the same text; else in double quotes.
std::string quoted(std::string_view word);

bool is_list(const Row& row);

} // namespace metka::settings
