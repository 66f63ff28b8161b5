#pragma once
// Everything this program ever says. The texts are fixed (STYLE 17): no version, no bytes of the peer, no
// inner error.

#include <string_view>

#include "core/wire/smtp_reply.h"

namespace metka::smtp::replies {

using wire::Reply;

// the session
inline constexpr Reply greeting{220, "", ""}; // before our name
inline constexpr Reply goodbye{221, "2.0.0", "goodbye"};
inline constexpr Reply not_http{221, "2.0.0", "this is a mail server, goodbye"};
inline constexpr Reply ok{250, "2.0.0", "ok"};
inline constexpr Reply help{214, "2.0.0", "commands:"};
inline constexpr Reply cannot_verify{252, "2.1.5", "addresses are not verified; send the message and see"};
inline constexpr Reply no_lists{502, "5.5.1", "there are no lists to expand"};
inline constexpr Reply unknown_command{500, "5.5.1", "no such command"};
inline constexpr Reply line_too_long{500, "5.5.2", "that line is too long"};
inline constexpr Reply bad_line{500, "5.5.2", "a line ends in CRLF and holds no other CR, LF or NUL"};
inline constexpr Reply bad_arguments{501, "5.5.4", "these arguments do not belong to that command"};
inline constexpr Reply greet_first{503, "5.5.1", "say EHLO first"};
inline constexpr Reply bad_greeting{501, "5.5.4",
                                    "a host says its name: 1 to 255 characters, none of them a space"};
inline constexpr Reply mail_first{503, "5.5.1", "say MAIL first"};
inline constexpr Reply mail_already{503, "5.5.1", "a message is under way; RSET forgets it"};
inline constexpr Reply too_many_commands{421, "4.7.0", "too many commands in one session, goodbye"};
inline constexpr Reply too_many_errors{421, "4.7.0", "too many errors, goodbye"};
inline constexpr Reply timed_out{421, "4.4.2", "waited too long, goodbye"};
inline constexpr Reply shutting_down{421, "4.3.2",
                                     "the service has to end this connection, come back in a moment"};
inline constexpr Reply too_many_connections{421, "4.7.0", "too many connections, come back in a moment"};
inline constexpr Reply too_many_from_you{421, "4.7.0", "too many connections from your address"};

// TLS
inline constexpr Reply start_tls{220, "2.0.0", "ready for TLS"};
inline constexpr Reply tls_already{503, "5.5.1", "TLS is there already"};
inline constexpr Reply tls_not_now{454, "4.7.0", "TLS is not available for the moment"};
inline constexpr Reply tls_injected{501, "5.5.1", "nothing may follow STARTTLS before TLS, goodbye"};
inline constexpr Reply tls_first{530, "5.7.0", "say STARTTLS first"};

// logging in
inline constexpr Reply logged_in{235, "2.7.0", "welcome"};
inline constexpr Reply name_prompt{334, "", "VXNlcm5hbWU6"};     // "Username:"
inline constexpr Reply password_prompt{334, "", "UGFzc3dvcmQ6"}; // "Password:"
inline constexpr Reply plain_prompt{334, "", ""};
inline constexpr Reply log_in_first{530, "5.7.0", "log in first"};
inline constexpr Reply logged_in_already{503, "5.5.1", "you are logged in already"};
inline constexpr Reply no_login_in_the_clear{538, "5.7.11", "a password needs TLS: say STARTTLS first"};
inline constexpr Reply no_such_mechanism{504, "5.5.4", "use AUTH PLAIN or AUTH LOGIN"};
inline constexpr Reply login_cancelled{501, "5.7.0", "log-in cancelled"};
inline constexpr Reply bad_base64{501, "5.5.2", "that is not base64"};
inline constexpr Reply bad_credentials{501, "5.5.2",
                                       "that is not a name and a password as the mechanism wants them"};
inline constexpr Reply login_line_too_long{500, "5.5.6", "that line is too long"};
inline constexpr Reply login_wrong{535, "5.7.8", "the name or the password is wrong"};
inline constexpr Reply login_suspended{535, "5.7.13", "this account is suspended"};
inline constexpr Reply login_expired{535, "5.7.13",
                                     "this mailbox has expired; it can be read, but not sent from"};
inline constexpr Reply login_held_back{454, "4.7.0", "too many wrong passwords lately, try again later"};
inline constexpr Reply login_not_now{454, "4.7.0", "log-ins cannot be checked for the moment"};
inline constexpr Reply too_many_logins{421, "4.7.0", "too many failed log-ins, goodbye"};

// the envelope
inline constexpr Reply sender_ok{250, "2.1.0", "sender ok"};
inline constexpr Reply recipient_ok{250, "2.1.5", "recipient ok"};
inline constexpr Reply bad_mail_syntax{501, "5.5.4", "write it like MAIL FROM:<name@example.org>"};
inline constexpr Reply bad_rcpt_syntax{501, "5.5.4", "write it like RCPT TO:<name@example.org>"};
inline constexpr Reply bad_sender{501, "5.1.7", "that is not the address of a sender"};
inline constexpr Reply bad_recipient{501, "5.1.3", "that is not the address of a recipient"};
inline constexpr Reply not_ascii{553, "5.6.7", "an address beyond ASCII needs SMTPUTF8 behind MAIL"};
inline constexpr Reply unknown_parameter{555, "5.5.4", "EHLO did not offer that parameter"};
inline constexpr Reply bad_parameter{501, "5.5.4", "that parameter has a wrong value, or came twice"};
inline constexpr Reply not_your_address{553, "5.7.1",
                                        "that is not an address of the account you logged in to"};
inline constexpr Reply account_closed{
    550, "5.7.13", "the account you logged in to may not send any more: suspended, expired or removed"};
inline constexpr Reply sender_protected{550, "5.7.1", "senders of that domain log in before they send"};
inline constexpr Reply message_too_large{552, "5.3.4", "the message is larger than this server takes"};
inline constexpr Reply too_many_recipients{452, "4.5.3",
                                           "too many recipients; send the rest in another message"};
inline constexpr Reply relaying_denied{550, "5.7.1", "this server takes no mail for that domain"};
inline constexpr Reply no_other_hosts{550, "5.7.1",
                                      "mail to other hosts is not accepted by this server at present"};
inline constexpr Reply domain_suspended{450, "4.2.1", "that domain is suspended, try later"};
inline constexpr Reply no_such_mailbox{550, "5.1.1", "no such mailbox here"};
inline constexpr Reply mailbox_suspended{450, "4.2.1", "that mailbox is suspended, try later"};
inline constexpr Reply mailbox_expired{550, "5.2.1", "that mailbox has expired"};
inline constexpr Reply mailbox_full{452, "4.2.2", "there is no room for the message in that mailbox"};
inline constexpr Reply mailbox_too_small{552, "5.2.2", "the message is larger than that whole mailbox"};
inline constexpr Reply try_later{451, "4.3.0", "that cannot be done for the moment, try later"};

// the message
inline constexpr Reply sending_limit{450, "4.7.1",
                                     "this account has sent as much as it may for now, try again later"};
// For good: at 450 a client would try for days what no hour has room for. The number follows.
inline constexpr Reply never_in_an_hour{
    554, "5.5.3", "more recipients than this account may send to in an hour; send it in parts, to"};
inline constexpr Reply never_in_a_day{
    554, "5.5.3", "more recipients than this account may send to in a day; send it in parts, to"};
inline constexpr Reply go_ahead{354, "", "send the message; a line with a single dot ends it"};
inline constexpr Reply chunk_taken{250, "2.0.0", "chunk taken"};
inline constexpr Reply bad_chunk{501, "5.5.4", "write it like BDAT 1000 or BDAT 1000 LAST, goodbye"};
inline constexpr Reply rcpt_first{503, "5.5.1", "say RCPT first"};
inline constexpr Reply chunks_begun{503, "5.5.1", "BDAT has begun; only BDAT goes on with it"};
inline constexpr Reply no_recipients{554, "5.5.1", "no recipient was accepted"};
inline constexpr Reply accepted{250, "2.0.0", "Ok:"}; // before the message's id
inline constexpr Reply bad_line_ends{550, "5.6.11",
                                     "the message holds a bare CR, a bare LF or a NUL; lines end in CRLF"};
inline constexpr Reply mail_loop{554, "5.4.6", "the message has passed too many hosts: a mail loop"};
inline constexpr Reply delivered_before{
    554, "5.4.6", "the message has been delivered to that recipient before: a mail loop"};
inline constexpr Reply header_too_large{552, "5.3.4", "the header of the message is larger than 1 MiB"};
inline constexpr Reply field_too_large{552, "5.3.4", "a field of the message's header is larger than 64 KiB"};
inline constexpr Reply too_many_fields{554, "5.6.0", "the header of the message has more than 1,000 fields"};
inline constexpr Reply from_missing{
    550, "5.6.0", "the message has no From field, and no sender that could be written into one"};
inline constexpr Reply from_twice{550, "5.6.0", "the message has more than one From field"};
inline constexpr Reply from_unreadable{
    550, "5.6.0", "the From field cannot be read; write it like Anna Nowak <anna@example.org>"};
inline constexpr Reply sender_unreadable{
    550, "5.6.0", "the Sender field cannot be read; write it like Anna Nowak <anna@example.org>"};
inline constexpr Reply not_your_from{
    550, "5.7.1", "the From field names an address that is not of the account you logged in to"};
inline constexpr Reply not_your_sender{
    550, "5.7.1", "the Sender field names an address that is not of the account you logged in to"};
inline constexpr Reply from_protected{550, "5.7.1",
                                      "the From field names a domain whose senders log in before they send"};
inline constexpr Reply sender_field_protected{
    550, "5.7.1", "the Sender field names a domain whose senders log in before they send"};
inline constexpr Reply from_nobody{
    550, "5.7.1", "the From field names no address; mail to that domain says in From whom it is from"};
inline constexpr Reply disk_full{452, "4.3.1", "there is no room on this server for the moment"};

} // namespace metka::smtp::replies
