#include "daemon/smtp/reasons.h"

#include <algorithm>
#include <array>

#include "daemon/smtp/replies.h"

namespace metka::smtp {

namespace {

constexpr std::string_view clients_fault =
    "the client has to be mended, or set up, to speak SMTP as the RFC has it";
constexpr std::string_view comes_again = "nothing need be done: the sender tries again by itself";

// clang-format off
constexpr std::array reasons{
    // the session
    Reason{replies::no_lists, "EXPN is never answered: it would tell who is behind an address (RFC 5321 section 7.3)", "nothing; send the message, and see"},
    Reason{replies::unknown_command, "the client said a command that SMTP does not have, or this server not", clients_fault},
    Reason{replies::line_too_long, "a command has at most 4096 octets here, its parameters included (RFC 5321 section 4.5.3.1.4 asks for 512)", clients_fault},
    Reason{replies::bad_line, "only CRLF ends a line (RFC 5321 section 2.3.8): what ends otherwise could be read differently by the next server, which is how mail is smuggled", clients_fault},
    Reason{replies::bad_arguments, "the command has arguments where it takes none, or none where it needs some (RFC 5321 section 4.1.1)", clients_fault},
    Reason{replies::greet_first, "mail begins with EHLO or HELO (RFC 5321 section 4.1.4)", clients_fault},
    Reason{replies::bad_greeting, "EHLO and HELO say the name of the client (RFC 5321 section 4.1.1.1)", clients_fault},
    Reason{replies::mail_first, "recipients and a message come after MAIL (RFC 5321 section 4.1.4)", "look at what the same session was refused before: MAIL may have been"},
    Reason{replies::mail_already, "a second MAIL, or AUTH, inside a transaction (RFC 5321 section 4.1.1.2)", clients_fault},
    Reason{replies::too_many_commands, "one session may say so many commands: smtp.commands", "raise smtp.commands in metka.yaml, if the client is an honest one"},
    Reason{replies::too_many_errors, "one session may be refused so often: smtp.errors", "look at what the same session was refused before; smtp.errors in metka.yaml is the number"},
    Reason{replies::timed_out, "the client was silent for longer than smtp.command_timeout or, within a message, smtp.data_timeout; or it sent slower than smtp.slowest_rate, or took longer than smtp.transfer_timeout or a session may", "those numbers in metka.yaml, if the client is on a very slow line"},
    Reason{replies::shutting_down, "the program was being stopped or replaced", comes_again},
    Reason{replies::too_many_connections, "so many connections at a time are served: smtp.connections", "raise smtp.connections in metka.yaml, if the machine can bear more"},
    Reason{replies::too_many_from_you, "so many connections at a time come from one address or network, and so many new ones in a minute: smtp.connections_per_address, smtp.connections_per_network, smtp.connections_per_minute; the log says which", "raise that number in metka.yaml, if many people are behind that address"},
    // TLS
    Reason{replies::tls_already, "the connection is under TLS already (RFC 3207 section 4.2)", clients_fault},
    Reason{replies::tls_not_now, "this server has no certificate that it could present", "look at tls.certificate and tls.key in metka.yaml, and at what `metkactl status` says of certificates"},
    Reason{replies::tls_injected, "something was sent in the clear behind STARTTLS, which would have passed for something said under TLS (CVE-2011-0411)", "the client is broken, or somebody in between has put words in its mouth"},
    Reason{replies::tls_first, "on this listener nothing is sent without TLS (RFC 6409 section 4.3)", "switch STARTTLS on in the mail program, or use port 465 with TLS"},
    // logging in
    Reason{replies::log_in_first, "on this listener nobody sends without a log-in (RFC 6409 section 4.3)", "switch authentication on in the mail program, for outgoing mail too; other servers deliver on port 25"},
    Reason{replies::logged_in_already, "a session has one log-in (RFC 4954 section 4)", clients_fault},
    Reason{replies::no_login_in_the_clear, "a password never travels in the clear (RFC 4954 section 4)", "switch STARTTLS on in the mail program, or use port 465 with TLS"},
    Reason{replies::no_such_mechanism, "passwords are taken by PLAIN and LOGIN only", "choose “normal password” in the mail program: under TLS it is not in the clear"},
    Reason{replies::login_cancelled, "the client itself broke the log-in off", "ask its user whether a password was asked for, and not given"},
    Reason{replies::bad_base64, "what the client sent is not base64 (RFC 4954 section 4)", clients_fault},
    Reason{replies::bad_credentials, "what the client sent is not a name and a password, as RFC 4616 has them", clients_fault},
    Reason{replies::login_line_too_long, "a line of a log-in has at most 12288 octets (RFC 4954 section 4)", clients_fault},
    Reason{replies::login_wrong, "there is no such account, or it has another password", "`metkactl mailbox set ADDRESS --generate` gives a mailbox a new password; the log-in is its address, of a shell account its name"},
    Reason{replies::login_suspended, "the account, its shell account, its customer or its domain is suspended", "`metkactl explain login NAME` says which; resume that"},
    Reason{replies::login_expired, "its last day is over: the mailbox can be read, and nothing sent from it", "`metkactl mailbox renew ADDRESS`"},
    Reason{replies::login_held_back, "from that address, network or for that account too many different passwords were wrong lately: this one was not looked at, right or wrong", "`metkactl login list` shows what is held back and until when, `metkactl login unblock` pardons it"},
    Reason{replies::login_not_now, "metka-auth gave no answer", "look at `metkactl status`; the client may try again at once"},
    Reason{replies::too_many_logins, "a session has so many failed log-ins, and no more", "mend the password in the mail program"},
    // the envelope
    Reason{replies::bad_mail_syntax, "MAIL is not as RFC 5321 section 4.1.1.2 has it", clients_fault},
    Reason{replies::bad_rcpt_syntax, "RCPT is not as RFC 5321 section 4.1.1.3 has it", clients_fault},
    Reason{replies::bad_sender, "the sender is no address as RFC 5321 section 4.1.2 has it", "mend the sender's address in the mail program or on the sending server"},
    Reason{replies::bad_recipient, "the recipient is no address as RFC 5321 section 4.1.2 has it", "mend the recipient's address: it may hold a blank or lack its @"},
    Reason{replies::not_ascii, "the address has letters beyond ASCII, and the client did not say that it can (RFC 6531)", "write the domain with its xn-- name"},
    Reason{replies::unknown_parameter, "the parameter is none that EHLO offers (RFC 5321 section 4.1.1.11)", clients_fault},
    Reason{replies::bad_parameter, "the value of a parameter is wrong, or it came twice (RFC 5321 section 4.1.1.11)", clients_fault},
    Reason{replies::not_your_address, "who has logged in sends as an address of the same account: its own, or an alias of it", "`metkactl explain sender ADDRESS --login NAME` says whose it is; `metkactl alias add` gives it to the account"},
    Reason{replies::account_closed, "the session began before the account was suspended, expired or removed; its state counts at each message", "`metkactl explain login NAME` says which; resume or renew that"},
    Reason{replies::sender_protected, "the domain of the sender protects its senders: who sends as one of them logs in first", "the sender's own server or mail program submits with a log-in; `metkactl domain set DOMAIN --protect-sender off` lets newsletters and forwarders send as them"},
    Reason{replies::sending_limit, "an account sends so many messages in an hour and in a day, and no more", "`metkactl explain limit NAME` says how many, and whether the plan or the account says so; a password may be in wrong hands"},
    Reason{replies::never_in_an_hour, "a message goes out whole or not at all, and this one has more recipients than the account may send to in an hour", "send it in parts; `metkactl explain limit NAME` says how many an account may send to, and whether the plan or the account says so"},
    Reason{replies::never_in_a_day, "a message goes out whole or not at all, and this one has more recipients than the account may send to in a day", "send it in parts; `metkactl explain limit NAME` says how many an account may send to, and whether the plan or the account says so"},
    Reason{replies::message_too_large, "a message has at most smtp.message_size", "send it in parts, or raise smtp.message_size in metka.yaml"},
    Reason{replies::too_many_recipients, "a message has at most smtp.recipients", comes_again},
    Reason{replies::relaying_denied, "mail is taken for active domains of this machine only; it relays for nobody", "if the domain should be ours: `metkactl domain add`, or `metkactl domain prove` while it is pending; `metkactl explain recipient ADDRESS` says more"},
    Reason{replies::no_other_hosts, "mail is taken for active domains of this machine only", "if the domain should be ours: `metkactl domain add`, or `metkactl domain prove` while it is pending"},
    Reason{replies::domain_suspended, "the domain of the recipient is suspended, and its mail waits at the senders", "`metkactl domain resume DOMAIN`"},
    Reason{replies::no_such_mailbox, "the domain is ours, and no mailbox, alias or shell account has this address", "`metkactl mailbox add` or `metkactl alias add`; or the sender mends the address"},
    Reason{replies::mailbox_suspended, "the mailbox, its shell account, its customer or its domain is suspended, and its mail waits at the senders", "`metkactl explain recipient ADDRESS` says which; resume that"},
    Reason{replies::mailbox_expired, "the last day of the mailbox is over", "`metkactl mailbox renew ADDRESS`"},
    Reason{replies::mailbox_full, "the capacity of the mailbox, or the disk limit of the shell account in whose space it is, leaves no room for the message", "its user removes mail, or `metkactl mailbox set ADDRESS --capacity SIZE`; `metkactl explain recipient ADDRESS` says how full it is"},
    Reason{replies::mailbox_too_small, "the message is larger than all that the mailbox may hold", "`metkactl mailbox set ADDRESS --capacity SIZE`, or the sender sends less"},
    Reason{replies::try_later, "something inside gave no answer: the directory, or metka-store", "look at `metkactl status` and in the log; the sender tries again by itself"},
    // the message
    Reason{replies::bad_chunk, "BDAT is not as RFC 3030 section 2 has it: where the next command begins cannot be known", clients_fault},
    Reason{replies::rcpt_first, "BDAT came before any RCPT (RFC 3030 section 2)", clients_fault},
    Reason{replies::chunks_begun, "a message that began with BDAT ends with BDAT (RFC 3030 section 2)", clients_fault},
    Reason{replies::no_recipients, "DATA came, and no recipient had been accepted", "look at what the same session was refused before: each of its recipients was"},
    Reason{replies::bad_line_ends, "only CRLF ends a line (RFC 5321 section 2.3.8): what ends otherwise could be read differently by the next server, which is how mail is smuggled", "the program that made the message has to write CRLF"},
    Reason{replies::mail_loop, "the message has more than 50 Received fields: it goes round in a circle", "find the two addresses that forward to each other"},
    Reason{replies::delivered_before, "the message has a Delivered-To field of its only recipient: it was here before", "find who forwards it back, outside this server"},
    Reason{replies::header_too_large, "the header of a message has at most 1 MiB", "the program that made the message has to be mended"},
    Reason{replies::field_too_large, "a field of a header has at most 64 KiB", "send to fewer people at a time, or mend the program that made the message"},
    Reason{replies::too_many_fields, "the header of a message has at most 1,000 fields", "the program that made the message has to be mended"},
    Reason{replies::from_missing, "a message says who wrote it (RFC 5322 section 3.6); where From is missing, the sender of the envelope is written into one, and here that was empty", "the program that made the message has to be mended"},
    Reason{replies::from_twice, "a message has one From field (RFC 5322 section 3.6)", "the program that made the message has to be mended"},
    Reason{replies::from_unreadable, "the From field cannot be read with certainty, or claims too many domains (RFC 5322 section 3.6.2): so nobody knows whether the sender may write as its author", "mend the sender's name in the mail program: quotation marks or brackets in it may not be in pairs"},
    Reason{replies::sender_unreadable, "who has logged in writes as themselves, and the Sender field cannot be read with certainty (RFC 5322 section 3.6.2)", "mend the sender's name in the mail program"},
    Reason{replies::not_your_from, "who has logged in writes as themselves: every address of From belongs to the account (RFC 6409 section 6.1)", "choose an own address as the sender in the mail program; `metkactl explain sender ADDRESS --login NAME` says whose it is, `metkactl alias add` gives it to the account"},
    Reason{replies::not_your_sender, "who has logged in writes as themselves: the address of Sender belongs to the account (RFC 6409 section 6.1)", "choose an own address as the sender in the mail program; `metkactl explain sender ADDRESS --login NAME` says whose it is, `metkactl alias add` gives it to the account"},
    Reason{replies::from_protected, "a domain that the From field shows, be it in the name of the author, protects its senders: who writes as one of them logs in first", "the sender's own server or mail program submits with a log-in; `metkactl domain set DOMAIN --protect-sender off` lets newsletters and forwarders write as them"},
    Reason{replies::sender_field_protected, "a domain that the Sender field shows protects its senders: who sends as one of them logs in first", "the sender's own server or mail program submits with a log-in; `metkactl domain set DOMAIN --protect-sender off` lets newsletters and forwarders send as them"},
    Reason{replies::from_nobody, "the domain of a recipient protects its senders, and some mail programs complete a From field that names no address with the domain of whoever reads it", "the sending program has to write an address into From; `metkactl domain set DOMAIN --protect-sender off` takes such mail"},
    Reason{replies::disk_full, "the file system of the mail is full", "make room on it; the sender tries again by itself"},
};
// clang-format on

constexpr Reason unlisted{{}, "the text of the reply says it", "the log has the whole session"};

} // namespace

const Reason& reason_of(const wire::Reply& reply)
{
    const auto is_it = [&](const Reason& row) {
        return row.reply.code == reply.code && row.reply.enhanced == reply.enhanced &&
               row.reply.text == reply.text;
    };
    const auto* const found = std::ranges::find_if(reasons, is_it);
    return found == reasons.end() ? unlisted : *found;
}

} // namespace metka::smtp
