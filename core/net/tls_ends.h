#pragma once
// The two ends of a TLS connection over a socket of ours: it reads straight from the socket, and what it has
// to send gathers in memory, so that several records (a ticket and a greeting, a farewell and its
// close_notify, the records of a message) are one packet and one system call.

#include <cstddef>
#include <string>
#include <string_view>

#include <openssl/types.h>

namespace metka::net {

struct TlsEnds {
    int socket = -1; // non-blocking; another owns it
    std::string sealed;
    std::size_t sent = 0; // of sealed

    std::string_view unsent() const { return std::string_view(sealed).substr(sent); }
    void took(std::size_t count); // count bytes of unsent() are on their way
};

// For SSL_set_bio(), which takes it over; `ends` outlives it. Null: out of memory. While something is unsent
// nothing is read: a peer that has not been answered has nothing to say.
BIO* bio_of(TlsEnds& ends);

} // namespace metka::net
