#pragma once
// Small text tools. All ASCII unless a name says otherwise; no locale is ever consulted.

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace metka {

char lower(char);
std::string lower(std::string_view);
bool same_ignoring_case(std::string_view, std::string_view);
std::string_view trim(std::string_view);
std::vector<std::string_view> split(std::string_view, char separator); // "" gives one empty piece
std::optional<std::uint64_t> parse_number(std::string_view);           // decimal digits only, no overflow
bool is_utf8(std::string_view);                                        // well-formed, shortest, no surrogates
bool has_control(std::string_view);                                    // any of 0x00–0x1F, 0x7F

// The candidate nearest in spelling, if one is near enough to be what was meant.
std::optional<std::string> nearest(std::string_view word, std::span<const std::string_view> candidates);

// Text from outside made fit for a log line or a terminal: control bytes and broken UTF-8 as \xNN, cut at
// `most` bytes.
std::string escaped(std::string_view, std::size_t most = 256);

} // namespace metka
