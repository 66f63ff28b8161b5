#pragma once
// How a session ended, and the words that its last line in the log has for that.

#include <array>
#include <string_view>

namespace metka::access {

enum class Ending {
    none, // it goes on
    quit,
    closed, // by the client, or by the network
    timed_out,
    drained, // the program ends
    errors,
    wrong_passwords,
    foreign,  // HTTP or SMTP
    injected, // something came behind STLS
    no_tls,   // STLS, and no handshake
    unreadable,
    not_removed, // QUIT, and some deleted messages are there still
    taken_over,  // it was silent, and another session has the inbox
    shut_out,    // the account was suspended or removed
    store_gone,  // the store that had opened the inbox has ended
    count_
};

constexpr std::array<std::string_view, static_cast<std::size_t>(Ending::count_)> ending_words{
    "none",     "quit",   "closed",     "timed-out",   "drained",    "errors",   "wrong-passwords", "foreign",
    "injected", "no-tls", "unreadable", "not-removed", "taken-over", "shut-out", "store-gone"};

} // namespace metka::access
