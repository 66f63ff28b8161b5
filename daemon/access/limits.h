#pragma once
// How long a POP3 session waits, and how much it puts up with.

#include <chrono>
#include <cstddef>

#include "core/base/bytes.h"
#include "core/wire/pop3_command.h"

namespace metka::access {

struct AccessLimits {
    std::chrono::milliseconds handshake = std::chrono::seconds(30); // TLS, from the first byte to the last
    std::chrono::milliseconds login =
        std::chrono::seconds(60); // from the greeting until somebody is logged in
    std::chrono::milliseconds idle = std::chrono::minutes(10);   // RFC 1939 §3: at least that long
    std::chrono::milliseconds sending = std::chrono::minutes(5); // for a client to take a piece of an answer
    Bytes slowest_rate{512}; // of what is taken in a second, once `sending` has been used up
    std::chrono::milliseconds session = std::chrono::hours(12); // whatever is said or sent in it
    std::chrono::milliseconds pause = std::chrono::seconds(1);  // after the n-th wrong password: n times this
    std::chrono::milliseconds login_delay{}; // told in CAPA (RFC 2449 §6.5); metka-auth sees to it
    std::size_t wrong_passwords = 3;         // the last of them ends the connection
    std::size_t errors = 20;                 // commands refused; the last ends it too
    std::size_t line = wire::pop3_line_most;
    std::size_t auth_line = wire::pop3_auth_line_most;
};

} // namespace metka::access
