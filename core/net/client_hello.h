#pragma once
// What may be known of a TLS client before anything is allocated for it (SECURITY 33): TLS takes some 50 KiB
// from the first byte on, and who drips a handshake would have it for nothing.

#include <cstddef>

namespace metka::net {

// The first record that lies unread in a socket.
class FirstRecord {
  public:
    explicit FirstRecord(int socket) : socket_(socket) {}
    ~FirstRecord(); // the socket wakes its reader as ever
    FirstRecord(const FirstRecord&) = delete;
    FirstRecord& operator=(const FirstRecord&) = delete;

    // Whether TLS has something to do: the record is whole, it is no TLS at all, or the peer has closed or it
    // cannot be found out: TLS then finds the words. If not, wait until the socket can be read and ask again:
    // of a record that has begun to come, it wakes its reader when the rest is there.
    bool is_whole();

  private:
    bool wake_after(std::size_t bytes);

    int socket_;
    bool wakes_late_ = false;
};

} // namespace metka::net
