#pragma once
// What may be known of a TLS client before anything is allocated for it (SECURITY 33): TLS takes some 50 KiB
// from the first byte on, and who drips a handshake would have it for nothing.

#include <cstddef>

namespace metka::net {

// How many bytes must lie unread in this socket before TLS has something to do: 0 when the first record is
// whole, when it is no TLS at all, and when the peer has closed or it cannot be found out: TLS then finds the
// words. The socket is set to wake its reader when so many have come; reset_wakeup() undoes that.
std::size_t missing_of_first_record(int socket);
void reset_wakeup(int socket);

} // namespace metka::net
