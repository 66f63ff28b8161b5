#pragma once
// What one client may ask of us. Every wait has a limit and every limit a name; metka.yaml sets them.

#include <chrono>
#include <cstddef>

#include "core/base/bytes.h"

namespace metka::smtp {

using Patience = std::chrono::milliseconds;

struct SmtpLimits {
    Bytes message = 2_GiB;                         // as received, CRLFs counted; told in EHLO (RFC 1870)
    std::size_t line = 4096;                       // bytes of a command without CRLF
    std::size_t login_line = 12288;                // bytes of an answer to an AUTH challenge (RFC 4954 §4)
    std::size_t commands = 10000;                  // in a session
    std::size_t errors = 10;                       // 5yz answers in a session, then 421
    std::size_t failed_logins = 3;                 // in a session, then 421
    std::size_t recipients = 1000;                 // of a message; RFC 5321 §4.5.3.1.8 asks for 100
    std::size_t hops = 50;                         // Received fields, then it is a loop (RFC 5321 §6.3)
    Patience command = std::chrono::minutes(5);    // until the next command is whole (RFC 5321 §4.5.3.2.7)
    Patience data = std::chrono::minutes(3);       // until the next bytes of a message (§4.5.3.2.5)
    Patience reply = std::chrono::minutes(1);      // until the client takes what we say
    Patience handshake = std::chrono::seconds(30); // for all of TLS
    Patience message_total = std::chrono::hours(4);
    Patience session_total = std::chrono::hours(6);
    Bytes slowest_rate{512}; // of a message in a second, on average, once `data` has passed
};

// Of all messages on their way in together.
constexpr Bytes kept_in_memory = 24_MiB;

// Room promised where the client declares no SIZE (DESIGN §2), and what our trace fields may add to a
// declared one.
constexpr Bytes undeclared_size = 1_MiB;
constexpr Bytes trace_allowance = 1_KiB;

} // namespace metka::smtp
