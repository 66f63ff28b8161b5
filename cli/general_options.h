#pragma once
// What every command takes, and may stand before its noun: scripts that mean another metkad say
// METKACTL="metkactl --socket PATH".

#include <array>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace metka::metkactl {

constexpr std::array<std::string_view, 4> plain_options{"--json", "--yes", "--help", "--version"};
constexpr std::array<std::string_view, 2> options_with_value{"--as", "--socket"};

// The place in `words` of the noun; their number where there is none.
std::size_t noun_place(std::span<const std::string> words);

// The words behind `noun`, without the general options but --help; nothing where another noun is said.
std::optional<std::vector<std::string>> words_of(std::string_view noun, std::span<const std::string> words);

// `help mailbox add` asks what `mailbox add --help` does.
std::vector<std::string> help_as_option(std::vector<std::string> words);

} // namespace metka::metkactl
