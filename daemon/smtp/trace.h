#pragma once
// The trace fields that go in front of a message (RFC 5321 §4.4), and the fields a submitted one may lack
// (RFC 6409 §8).

#include <optional>
#include <string>

#include "core/base/clock.h"
#include "core/wire/header_pass.h"
#include "core/wire/smtp_command.h"

namespace metka::smtp {

struct Trace {
    std::string host;          // who we are
    std::string helo;          // who the client says it is
    std::string peer;          // its IP address, or "local"
    std::string_view protocol; // "ESMTPSA" (RFC 3848), "UTF8SMTPSA" (RFC 6531 §4.3)
    std::string tls;           // "TLSv1.3 TLS_AES_256_GCM_SHA384", or empty
    std::string id;            // of the message
    wire::MailPath sender;
    std::optional<wire::MailPath>
        only_recipient; // more than one stay unnamed: each would learn of the others
    Instant now;
};

std::string trace_fields(const Trace& trace); // LF line ends
wire::MissingFields submission_fields(const Trace& trace);

} // namespace metka::smtp
