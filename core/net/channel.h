#pragma once
// A connection as a session sees it: lines and bytes in, bytes out, TLS under it or not, every wait with a
// limit.
//
// What is said is gathered and goes out when the session next waits for input (so pipelined commands are
// answered in one packet), when 32 KiB have gathered and flush() is awaited, or at flush(). One timer a
// channel watches all its waits: a deadline that moves costs nothing. TLS EOF is connection EOF: the socket
// is never read in the clear again.
//
// One channel belongs to one coroutine; interrupt() may be called from others in the same event loop.

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>

#include "core/base/result.h"
#include "core/net/tls.h"
#include "core/sys/descriptor.h"
#include "core/wire/line.h"

namespace metka::net {

enum class Heard {
    line,        // read_line: see `line`; fill: more bytes are buffered
    closed,      // the peer has gone, or broke TLS
    timed_out,   // the limit passed
    interrupted, // interrupt() was called and this wait was one that gives way
};

enum class Wait { gives_way, stands }; // does interrupt() end it

enum class Standing { may_go, stays }; // stays: it has logged in, or is in the middle of something

struct Reading {
    Heard heard = Heard::closed;
    wire::Line line; // valid until the next call on this channel
};

class Channel {
  public:
    using Patience = std::chrono::milliseconds;

    // Takes a connected stream socket (TCP or Unix). `peer` is its address as text, "local" for a Unix
    // socket.
    Channel(asio::any_io_executor executor, sys::Descriptor socket, std::string peer);
    ~Channel(); // closes at once; say goodbye before
    Channel(const Channel&) = delete;
    Channel& operator=(const Channel&) = delete;

    // The next line, of at most `most` bytes without CRLF. The whole line must arrive within `patience`.
    asio::awaitable<Reading> read_line(std::size_t most, Patience patience, Wait wait = Wait::gives_way);

    // Raw bytes, for message data: look at buffered(), consume() what was used, fill() for more (at most 64
    // KiB are ever buffered). fill() answers Heard::line when at least one byte more has come.
    std::string_view buffered() const;
    bool has_line() const; // read_line() would not wait
    void consume(std::size_t count);
    void wipe_consumed(); // after a password
    asio::awaitable<Heard> fill(Patience patience, Wait wait = Wait::stands);

    void say(std::string_view bytes);
    std::size_t unsent() const;
    asio::awaitable<bool> flush(Patience patience); // false: closed or timed out

    // Serves TLS from here on. Nothing may be buffered (check before, and refuse the client if there is):
    // otherwise false, since what came in the clear must never be taken for what came under TLS.
    asio::awaitable<bool> start_tls(const TlsContext& context, Patience patience);
    bool is_tls() const;
    std::string tls_summary() const; // "TLSv1.3 TLS_AES_256_GCM_SHA384", empty in the clear

    void interrupt(); // wakes a wait that gives way, now or when it next begins
    void cut();       // the same for all waits for bytes; what is said afterwards can still be sent
    // Whether this connection may be cut off when there are too many: of itself it may.
    void stand(Standing standing);
    Standing standing() const;
    asio::awaitable<void> close(Patience patience = std::chrono::seconds(5)); // flush, close_notify, shutdown
    const std::string& peer() const;
    std::optional<unsigned> peer_uid() const; // Unix sockets: the caller by the kernel's word (SO_PEERCRED)

  private:
    struct State;
    std::shared_ptr<State> state_; // shared with the timer that watches the waits
};

} // namespace metka::net
