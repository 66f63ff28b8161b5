#pragma once
// SMTP commands as values (RFC 5321 §4.1): a verb and its arguments; the paths of MAIL and RCPT with the
// parameters we offer (SIZE: RFC 1870, BODY: RFC 6152, AUTH: RFC 4954 §5). The line comes without its CRLF,
// checked by LineScanner.

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

namespace metka::wire {

// "rcpt TO:<a@b>" is the verb "RCPT" and the arguments "TO:<a@b>"; no white space around either.
struct SmtpLine {
    std::string verb; // upper case; cut where no verb of ours reaches
    std::string_view arguments;
};
SmtpLine split_smtp_line(std::string_view line);

// What stood between < and >, unquoted: `"a b"@example.org` has the local part `a b`. A source route in front
// of it was checked and dropped (RFC 5321 §3.6.1, appendix C).
struct MailPath {
    std::string local;
    std::string domain; // as written; an address literal keeps its brackets; empty: none was given

    bool is_null() const { return local.empty() && domain.empty(); } // "<>"
    bool is_literal() const { return domain.starts_with('['); }
    std::string text() const; // fit for a header: quoted where it must be; empty for "<>"
    bool operator==(const MailPath&) const = default;
};

enum class CommandFault {
    syntax,            // not of the form MAIL FROM:<…> or RCPT TO:<…>
    path,              // the address breaks RFC 5321 §4.1.2 or its lengths
    not_ascii,         // an address that needs SMTPUTF8
    unknown_parameter, // one that EHLO does not offer
    bad_parameter,     // its value is wrong, or it came twice
};

enum class BodyKind { seven_bit, eight_bit };

struct MailCommand {
    MailPath from;
    std::optional<std::uint64_t> size; // octets as the client declares them
    BodyKind body = BodyKind::seven_bit;
};

struct RcptCommand {
    MailPath to; // a domain is missing only in a bare <postmaster>
};

// The arguments of the two verbs.
std::expected<MailCommand, CommandFault> parse_mail(std::string_view arguments);
std::expected<RcptCommand, CommandFault> parse_rcpt(std::string_view arguments);

} // namespace metka::wire
