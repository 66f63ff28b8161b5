#pragma once
// The addresses in a From, Sender or Resent-From field (RFC 5322 §3.4, groups as RFC 6854 lets them stand in
// From, letters as RFC 6532 has them). Strict, since it is decided by: a value that another program might
// read otherwise is not read at all. Routes, empty elements of a list and dots with white space around them,
// all obsolete, are refused; a dot in a display name is not, as everybody writes “Jan Q. Kowalski <…>”.
//
// The value is unfolded: without its line ends. Encoded words are words; what they show is another question
// (core/mime/shown_text.h).

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/wire/smtp_command.h"

namespace metka::wire {

constexpr std::size_t most_field_addresses = 100; // more are not read

// All of them, those of groups too; an empty group has none. No value: it cannot be read with certainty.
std::optional<std::vector<MailPath>> parse_addresses(std::string_view value);

// What stands behind each @ of a value, as far as a domain goes, also where no address can stand: whoever
// wants to know whether a domain is claimed in it asks for each. Each once; no value: more than
// `most_field_addresses`.
std::optional<std::vector<std::string>> mentioned_domains(std::string_view value);

} // namespace metka::wire
