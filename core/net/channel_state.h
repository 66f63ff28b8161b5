#pragma once
// What is inside a Channel (channel.h): the socket, its TLS, its buffers, and the waits. Seen by Channel
// alone.

#include <memory>
#include <string>
#include <string_view>

#include <asio/posix/stream_descriptor.hpp>
#include <asio/steady_timer.hpp>
#include <fcntl.h>
#include <openssl/ssl.h>

#include "core/net/channel.h"

namespace metka::net {

using Steady = std::chrono::steady_clock;
using Socket = asio::posix::stream_descriptor;

constexpr std::size_t small_read =
    std::size_t{4} * 1024; // what a dialogue needs, and an idle connection may keep
constexpr std::size_t large_read = std::size_t{64} * 1024; // message data

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
        fcntl(socket.native_handle(), F_SETFL, O_NONBLOCK);
    }

    Socket socket;
    asio::steady_timer watch;
    Steady::time_point watch_expiry = Steady::time_point::max();
    Steady::time_point deadline = Steady::time_point::max();
    std::string peer;
    std::unique_ptr<SSL, SslFreed> tls;
    std::unique_ptr<char[]> input; // unread bytes are [begin, end)
    std::size_t room = 0;          // of input
    std::size_t begin = 0;
    std::size_t end = 0;
    std::size_t appetite = small_read; // what the next read of message data asks for
    std::string output;
    std::size_t sent = 0;
    bool timed_out = false;
    bool interrupted = false;
    bool is_cut = false;
    bool gives_way = false;
    Standing standing = Standing::may_go;
    int reads_in_a_row = 0; // without a wait between them

    std::string_view unread() const { return {input.get() + begin, end - begin}; }
    void make_room(std::size_t size);
    void learn(std::size_t got, std::size_t asked);
    Moved read_some(std::size_t size);
    Moved write_some();
    Moved judge(int result);
    void watch_until(Steady::time_point when);
    void ring();
    asio::awaitable<Heard> wait_for(Socket::wait_type direction, Steady::time_point until);
    asio::awaitable<Heard> wait_for_more(Socket::wait_type direction, Steady::time_point until);
    asio::awaitable<bool> client_hello(Steady::time_point until);
    asio::awaitable<Heard> give_others_a_turn(Steady::time_point until);
    asio::awaitable<Heard> fill(std::size_t size, Steady::time_point until, Wait wait);
    asio::awaitable<Heard> flush(Steady::time_point until);
    asio::awaitable<bool> handshake(Steady::time_point until);
    asio::awaitable<void> linger(Steady::time_point until);
};

} // namespace metka::net
