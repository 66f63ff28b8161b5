#pragma once
// Everything that metka-access says, in one place. The text is fixed: no version, no byte that a client sent,
// nothing of what went wrong inside. Response codes: RFC 2449 §8 (IN-USE, LOGIN-DELAY), RFC 3206 (SYS/TEMP,
// SYS/PERM, AUTH).

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/wire/pop3_command.h"

namespace metka::access::replies {

inline constexpr std::string_view greeting = "+OK Metka ready\r\n";
inline constexpr std::string_view end_of_list = ".\r\n";

// In the clear
inline constexpr std::string_view begin_tls = "+OK begin TLS\r\n";
inline constexpr std::string_view not_in_the_clear =
    "-ERR [AUTH] no passwords in the clear: STLS comes first\r\n";
inline constexpr std::string_view tls_injected = "-ERR nothing may follow STLS before TLS is there\r\n";

// AUTHORIZATION
inline constexpr std::string_view tls_already = "-ERR TLS is there already\r\n";
inline constexpr std::string_view letters = "+OK UTF-8\r\n";
inline constexpr std::string_view password_please = "+OK the password, please\r\n";
inline constexpr std::string_view mechanisms = "+OK\r\nPLAIN\r\n.\r\n";
inline constexpr std::string_view go_ahead = "+ \r\n"; // RFC 5034 §4
inline constexpr std::string_view user_first = "-ERR USER comes before PASS\r\n";
inline constexpr std::string_view unknown_mechanism = "-ERR PLAIN is the only mechanism here\r\n";
inline constexpr std::string_view authentication_cancelled = "-ERR authentication cancelled\r\n";
inline constexpr std::string_view broken_response = "-ERR this is no response of the mechanism PLAIN\r\n";
inline constexpr std::string_view wrong_password = "-ERR [AUTH] unknown user or wrong password\r\n";
inline constexpr std::string_view suspended = "-ERR [SYS/PERM] account suspended\r\n";
inline constexpr std::string_view cannot_say =
    "-ERR [SYS/TEMP] log-in is not possible now, try again later\r\n";
inline constexpr std::string_view in_use = "-ERR [IN-USE] another session has this mailbox open\r\n";
inline constexpr std::string_view too_soon =
    "-ERR [LOGIN-DELAY] the last log-in was a moment ago, wait a little\r\n";
inline constexpr std::string_view log_in_first = "-ERR log in first\r\n";
inline constexpr std::string_view logged_in_already = "-ERR logged in already\r\n";

// TRANSACTION
inline constexpr std::string_view ok = "+OK\r\n";
inline constexpr std::string_view listing = "+OK the list follows\r\n";
inline constexpr std::string_view top = "+OK the top of the message follows\r\n";
inline constexpr std::string_view marked = "+OK deleted when you QUIT\r\n";
inline constexpr std::string_view no_such_message = "-ERR no such message\r\n";
inline constexpr std::string_view vanished = "-ERR this message is no longer there\r\n";
inline constexpr std::string_view cannot_read =
    "-ERR [SYS/TEMP] the message cannot be read now, try again later\r\n";
inline constexpr std::string_view read_only = "-ERR [SYS/PERM] read only until renewed\r\n";

// QUIT, and what ends a connection
inline constexpr std::string_view goodbye = "+OK goodbye\r\n";
inline constexpr std::string_view perhaps_not_removed =
    "-ERR [SYS/TEMP] the deleted messages may be there still\r\n";
inline constexpr std::string_view taken_over =
    "-ERR [SYS/TEMP] another session has taken this mailbox over, and this one has deleted nothing\r\n";
inline constexpr std::string_view shut_out =
    "-ERR [SYS/PERM] account suspended or removed, and nothing was deleted\r\n";
inline constexpr std::string_view expired_meanwhile =
    "-ERR [SYS/PERM] read only until renewed, and nothing was deleted\r\n";
inline constexpr std::string_view store_gone =
    "-ERR [SYS/TEMP] this mailbox cannot be reached any more, and nothing was deleted: log in again\r\n";
inline constexpr std::string_view too_many_errors = "-ERR too many errors\r\n";

std::string_view refusal(wire::Pop3Fault);
enum class Line { in_the_clear, under_tls };
// RFC 2449 §5. The same before the log-in and after it, as §3 asks; a delay of zero is not told.
std::string capabilities(Line line, std::chrono::milliseconds login_delay);
std::string opened(std::uint64_t messages, std::uint64_t octets);         // "+OK 3 messages (520 octets)"
std::string opened_expired(std::uint64_t messages, std::uint64_t octets); // the same, with a banner
std::string totals(std::uint64_t messages, std::uint64_t octets);         // STAT
std::string octets_follow(std::uint64_t octets);                          // RETR
std::string list_row(std::uint64_t message, std::uint64_t octets);        // "1 520"
std::string list_row(std::uint64_t message, std::string_view uid);
std::string not_removed(std::uint64_t left, std::uint64_t deleted); // QUIT
std::string single(const std::string& row);                         // LIST 1: "+OK 1 520"

} // namespace metka::access::replies
