#pragma once
// The path grammar of RFC 5321 §4.1.2, with the letters that RFC 6531 §3.3 adds, read from the front of an
// argument.

#include <expected>
#include <string_view>

#include "core/wire/smtp_command.h"

namespace metka::wire {

// Takes "<…>" off the front of `rest`. "<>" gives the null path and "<name>" one without a domain; whether
// either, or letters beyond ASCII, are welcome is the caller's affair. What is beyond ASCII is well-formed
// UTF-8 and no control.
std::expected<MailPath, CommandFault> take_path(std::string_view& rest);

} // namespace metka::wire
