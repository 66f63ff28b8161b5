#pragma once
// One POP3 command line: RFC 1939 (commands), RFC 2449 §4 and §5 (length, CAPA), RFC 2595 §4 (STLS), RFC 5034
// (AUTH), RFC 6856 §2 (UTF8).
//
// The keyword is read in any case; arguments stand apart by spaces. What follows the one space after USER and
// PASS is taken as it stands, spaces included (RFC 1939 §7, PASS), and must be UTF-8 (RFC 6856 §2.2). Which
// command fits which state is the session's affair.

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string_view>

#include "core/wire/line.h"

namespace metka::wire {

enum class Pop3Keyword {
    capa,
    stls,
    utf8,
    user,
    pass,
    auth,
    stat,
    list,
    uidl,
    top,
    retr,
    dele,
    rset,
    noop,
    quit,
    count_
};

std::string_view name(Pop3Keyword); // "CAPA"

// A command without CRLF. RFC 2449 §4 grants 255 octets with it; but USER with the longest address needs 261.
constexpr std::size_t pop3_line_most = 510;
// A response within AUTH (RFC 5034 §4).
constexpr std::size_t pop3_auth_line_most = 12288;

struct Pop3Command {
    Pop3Keyword keyword = Pop3Keyword::noop;
    std::optional<std::uint64_t> message; // LIST, UIDL: may be missing; TOP, RETR, DELE: there. 1 and up.
    std::uint64_t lines = 0;              // TOP: lines of the body
    std::string_view text; // USER: the name; PASS: the password; AUTH: the mechanism, may be empty
    std::optional<std::string_view> initial_response; // AUTH: base64; "=" was read as the empty one
};

enum class Pop3Fault {
    broken_line, // a bare CR or LF, or NUL, in it
    too_long,
    unknown,   // no such command
    arguments, // too many, too few
    number,    // not a number, or beyond 64 bits, or a message 0
    letters,   // a name or a password that is not UTF-8
    foreign,   // HTTP or SMTP: most likely a browser that was led here: close (SECURITY 34)
    count_,
};

// The views in a command point into the line.
std::expected<Pop3Command, Pop3Fault> parse_pop3(const Line& line);

} // namespace metka::wire
