#pragma once
// What is inside a Channel (channel.h): the socket, its TLS, its buffers, and the waits. Seen by Channel
// alone.

#include <memory>
#include <string>
#include <string_view>

#include <asio/posix/stream_descriptor.hpp>
#include <asio/steady_timer.hpp>
#include <openssl/ssl.h>

#include "core/net/channel.h"
#include "core/net/tls_ends.h"

namespace metka::net {

using Steady = std::chrono::steady_clock;
using Socket = asio::posix::stream_descriptor;

constexpr std::size_t small_read =
    std::size_t{4} * 1024; // what a dialogue needs, and an idle connection may keep
constexpr std::size_t large_read = std::size_t{64} * 1024;  // message data
constexpr std::size_t record_most = std::size_t{16} * 1024; // the most that one record of TLS carries

// What one attempt to move bytes came to.
enum class Moved { some, wants_read, wants_write, closed };

struct SslFreed {
    void operator()(SSL* ssl) const { SSL_free(ssl); }
};

struct Channel::State : std::enable_shared_from_this<Channel::State> {
    State(asio::any_io_executor executor, sys::Descriptor descriptor, std::string peer_text)
        : socket(executor, descriptor.release()),
          watch(executor, Steady::time_point::max()),
          peer(std::move(peer_text))
    {
        asio::error_code ignored;
        socket.non_blocking(true, ignored);
    }

    Socket socket;
    asio::steady_timer watch;
    Steady::time_point watch_expiry = Steady::time_point::max();
    Steady::time_point deadline = Steady::time_point::max();
    std::string peer;
    TlsEnds ends; // of tls
    std::unique_ptr<SSL, SslFreed> tls;
    bool is_broken = false;        // tls: nothing more can be said through it
    std::unique_ptr<char[]> input; // unread bytes are [begin, end)
    std::size_t room = 0;          // of input
    std::size_t begin = 0;
    std::size_t end = 0;
    std::size_t appetite = small_read; // what the next read of message data asks for
    std::string output;                // said, and under TLS not sealed yet
    std::size_t sent = 0;              // of output: sent, or sealed
    std::size_t sent_in_a_row = 0;     // bytes, without a wait between them
    bool timed_out = false;
    bool interrupted = false;
    bool is_cut = false;
    bool gives_way = false;
    Standing standing = Standing::may_go;
    int reads_in_a_row = 0; // without a wait between them

    std::string_view unread() const { return {input.get() + begin, end - begin}; }
    void make_room(std::size_t size);
    void hold_nothing();
    void say(std::string_view bytes);
    std::size_t unsent() const { return output.size() - sent + ends.unsent().size(); }
    std::size_t seal(std::string_view bytes);
    void seal_output();
    void begin_tls(SSL_CTX* context);
    void say_goodbye(); // close_notify
    void learn(std::size_t got, std::size_t asked);
    Moved read_some(std::size_t size);
    Moved send_some();
    Moved judge(int result);
    void watch_until(Steady::time_point when);
    void ring();
    asio::awaitable<Heard> wait_for(Socket::wait_type direction, Steady::time_point until);
    asio::awaitable<Heard> wait_for_more(Socket::wait_type direction, Steady::time_point until);
    asio::awaitable<bool> client_hello(Steady::time_point until);
    asio::awaitable<void> give_others_a_turn();
    asio::awaitable<Heard> fill(std::size_t size, Steady::time_point until, Wait wait);
    asio::awaitable<Heard> flush(Steady::time_point until);
    asio::awaitable<bool> handshake(Steady::time_point until);
    asio::awaitable<void> linger(Steady::time_point until);
};

} // namespace metka::net
