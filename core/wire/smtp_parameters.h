#pragma once
// The parameters behind the paths of MAIL and RCPT (RFC 5321 §4.1.2).

#include <optional>
#include <string_view>

#include "core/wire/smtp_command.h"

namespace metka::wire {

// Takes all that `rest` holds into the command, or says what is wrong with it. Each may stand once.
std::optional<CommandFault> take_parameters(MailCommand& command, std::string_view rest);
std::optional<CommandFault> take_parameters(RcptCommand& command, std::string_view rest);

} // namespace metka::wire
