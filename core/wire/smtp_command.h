#pragma once
// SMTP commands as values (RFC 5321 §4.1): a verb and its arguments; the paths of MAIL and RCPT with the
// parameters we offer (SIZE: RFC 1870, BODY: RFC 6152, AUTH: RFC 4954 §5, SMTPUTF8: RFC 6531, RET, ENVID,
// NOTIFY and ORCPT: RFC 3461); the size of a chunk (RFC 3030). The line comes without its CRLF, checked by
// LineScanner.

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
    bool is_ascii() const;
    std::string text() const; // fit for a header: quoted where it must be; empty for "<>"
    bool operator==(const MailPath&) const = default;
};

// Addresses as RFC 5321 has them, or with the letters of RFC 6531.
enum class Letters { ascii, utf8 };

enum class CommandFault {
    syntax,            // not of the form MAIL FROM:<…> or RCPT TO:<…>
    path,              // the address breaks RFC 5321 §4.1.2 or its lengths
    not_ascii,         // an address that needs SMTPUTF8
    unknown_parameter, // one that EHLO does not offer
    bad_parameter,     // its value is wrong, or it came twice
};

enum class BodyKind { seven_bit, eight_bit };
enum class Returned { whole, header }; // of the message, in a report that it failed (RFC 3461 §4.3)

struct MailCommand {
    MailPath from;
    std::optional<std::uint64_t> size; // octets as the client declares them
    BodyKind body = BodyKind::seven_bit;
    Letters letters = Letters::ascii;
    std::optional<Returned> returned;
    std::string envelope_id; // decoded, 1–100 printable characters; empty: none was given (§4.4)
    bool has_parameters = false;
};

// When the sender wants to hear of this recipient; none of them: NEVER (RFC 3461 §4.1).
struct Notify {
    bool success = false;
    bool failure = false;
    bool delay = false;
    bool operator==(const Notify&) const = default;
};

// Whom the message was for before it was redirected (RFC 3461 §4.2, RFC 6533 §3).
struct OriginalRecipient {
    std::string type;    // lower case: "rfc822", "utf-8"
    std::string address; // decoded, printable
    bool operator==(const OriginalRecipient&) const = default;
};

struct RcptCommand {
    MailPath to;                  // a domain is missing only in a bare <postmaster>
    std::optional<Notify> notify; // none: the sender did not say
    std::optional<OriginalRecipient> original;
    bool has_parameters = false;
};

struct BdatCommand {
    enum class Chunk { more, last } chunk = Chunk::more;
    std::uint64_t size = 0; // octets that follow the command
};

// The arguments of the verbs. `letters` are those that MAIL asked for.
std::expected<MailCommand, CommandFault> parse_mail(std::string_view arguments);
std::expected<RcptCommand, CommandFault> parse_rcpt(std::string_view arguments, Letters letters);
std::optional<BdatCommand> parse_bdat(std::string_view arguments); // RFC 3030 §2

} // namespace metka::wire
