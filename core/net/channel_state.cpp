#include "core/net/channel_state.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include <asio/post.hpp>
#include <asio/redirect_error.hpp>
#include <asio/use_awaitable.hpp>
#include <openssl/err.h>
#include <sys/socket.h>

#include "core/net/client_hello.h"

namespace metka::net {

namespace {

constexpr auto moment = std::chrono::seconds(1); // after which whoever is silent keeps no buffer here
constexpr int most_reads_in_a_row = 16;          // a mebibyte of message data

} // namespace

// One timer for all waits of a session: arming a timer for each line would cost several times the line
// itself. It is set anew only when a deadline comes before it would ring; when it rings early it looks again.
void Channel::State::watch_until(Steady::time_point when)
{
    deadline = when;
    if (when >= watch_expiry) return;
    watch_expiry = when;
    watch.expires_at(when);
    watch.async_wait([weak = weak_from_this()](const asio::error_code& error) {
        const auto self = weak.lock();
        if (self && !error) self->ring();
    });
}

void Channel::State::ring()
{
    watch_expiry = Steady::time_point::max();
    if (deadline == Steady::time_point::max()) return;
    if (Steady::now() < deadline) return watch_until(deadline);
    timed_out = true;
    asio::error_code ignored;
    socket.cancel(ignored);
}

asio::awaitable<Heard> Channel::State::wait_for(Socket::wait_type direction, Steady::time_point until)
{
    const bool reads = direction == Socket::wait_read;
    const auto is_interrupted = [this, reads] { return (gives_way && interrupted) || (reads && is_cut); };
    if (is_interrupted()) co_return Heard::interrupted;
    if (Steady::now() >= until) co_return Heard::timed_out;
    timed_out = false;
    reads_in_a_row = 0;
    watch_until(until);
    asio::error_code error;
    co_await socket.async_wait(direction, asio::redirect_error(asio::use_awaitable, error));
    deadline = Steady::time_point::max();
    if (!error) co_return Heard::line;
    if (timed_out) co_return Heard::timed_out;
    co_return is_interrupted() ? Heard::interrupted : Heard::closed;
}

// Holds no empty buffer for those who are silent longer than a moment.
asio::awaitable<Heard> Channel::State::wait_for_more(Socket::wait_type direction, Steady::time_point until)
{
    const auto soon = Steady::now() + moment;
    const bool holds_empty = begin == end && input;
    if (holds_empty && soon < until) {
        const auto heard = co_await wait_for(direction, soon);
        if (heard != Heard::timed_out) co_return heard;
        make_room(0);
        appetite = small_read;
    }
    const auto heard = co_await wait_for(direction, until);
    co_return heard;
}

void Channel::State::make_room(std::size_t size)
{
    const auto held = end - begin;
    // An idle session keeps little; one whose pieces vary keeps what it has.
    if (held == 0 && room > 4 * size) {
        input.reset();
        room = 0;
    }
    if (held == 0) begin = end = 0;
    if (room - end >= size) return;
    if (room - held >= size) {
        std::memmove(input.get(), input.get() + begin, held);
    } else {
        auto larger = std::make_unique_for_overwrite<char[]>(held + size);
        if (held > 0) std::memcpy(larger.get(), input.get() + begin, held);
        input = std::move(larger);
        room = held + size;
    }
    begin = 0;
    end = held;
}

// 2,000 clients who drip a message must not have 64 KiB each for it.
void Channel::State::learn(std::size_t got, std::size_t asked)
{
    if (got == asked) appetite = std::min(appetite * 2, large_read);
    if (got < asked / 4) appetite = std::max(appetite / 2, small_read);
}

Moved Channel::State::judge(int result)
{
    switch (SSL_get_error(tls.get(), result)) {
    case SSL_ERROR_WANT_READ:
        return Moved::wants_read;
    case SSL_ERROR_WANT_WRITE:
        return Moved::wants_write;
    default:
        ERR_clear_error();
        return Moved::closed;
    }
}

Moved Channel::State::read_some(std::size_t size)
{
    make_room(size);
    ssize_t got = 0;
    if (tls) {
        ERR_clear_error();
        got = SSL_read(tls.get(), input.get() + end, static_cast<int>(size));
        if (got <= 0) return judge(static_cast<int>(got));
    } else {
        got = recv(socket.native_handle(), input.get() + end, size, 0);
        if (got < 0 && (errno == EAGAIN || errno == EINTR)) return Moved::wants_read;
        if (got <= 0) return Moved::closed;
    }
    end += static_cast<std::size_t>(got);
    return Moved::some;
}

Moved Channel::State::write_some()
{
    const auto bytes = std::string_view(output).substr(sent);
    ssize_t put = 0;
    if (tls) {
        ERR_clear_error();
        put = SSL_write(tls.get(), bytes.data(), static_cast<int>(std::min(bytes.size(), large_read)));
        if (put <= 0) return judge(static_cast<int>(put));
    } else {
        put = send(socket.native_handle(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (put < 0 && (errno == EAGAIN || errno == EINTR)) return Moved::wants_write;
        if (put < 0) return Moved::closed;
    }
    sent += static_cast<std::size_t>(put);
    return Moved::some;
}

asio::awaitable<Heard> Channel::State::flush(Steady::time_point until)
{
    while (sent < output.size()) {
        const auto moved = write_some();
        if (moved == Moved::some) continue;
        if (moved == Moved::closed) co_return Heard::closed;
        const auto direction = moved == Moved::wants_read ? Socket::wait_read : Socket::wait_write;
        const auto heard = co_await wait_for(direction, until);
        if (heard != Heard::line) co_return heard;
    }
    sent = 0;
    output.clear();
    if (output.capacity() > small_read) output.shrink_to_fit();
    co_return Heard::line;
}

// Whoever sends faster than we work would never let us wait, and nobody else be served.
asio::awaitable<Heard> Channel::State::give_others_a_turn(Steady::time_point until)
{
    reads_in_a_row = 0;
    co_await asio::post(socket.get_executor(), asio::use_awaitable);
    if (is_cut) co_return Heard::interrupted;
    co_return Steady::now() < until ? Heard::line : Heard::timed_out;
}

asio::awaitable<Heard> Channel::State::fill(std::size_t size, Steady::time_point until, Wait wait)
{
    gives_way = false; // what was said is sent whole, also while we are asked to end
    const auto flushed = co_await flush(until);
    if (flushed != Heard::line) co_return flushed;
    if (++reads_in_a_row > most_reads_in_a_row) {
        const auto goes_on = co_await give_others_a_turn(until);
        if (goes_on != Heard::line) co_return goes_on;
    }
    for (;;) {
        const auto moved = read_some(size);
        if (moved == Moved::some) co_return Heard::line;
        if (moved == Moved::closed) co_return Heard::closed;
        gives_way = wait == Wait::gives_way;
        if (begin == end && gives_way) make_room(0); // nothing held while nobody speaks
        const auto direction = moved == Moved::wants_write ? Socket::wait_write : Socket::wait_read;
        const auto heard = co_await wait_for_more(direction, until);
        gives_way = false;
        if (heard != Heard::line) co_return heard;
    }
}

asio::awaitable<bool> Channel::State::handshake(Steady::time_point until)
{
    for (;;) {
        ERR_clear_error();
        const int result = SSL_accept(tls.get());
        if (result == 1) co_return true;
        const auto moved = judge(result);
        if (moved == Moved::closed) co_return false;
        const auto direction = moved == Moved::wants_write ? Socket::wait_write : Socket::wait_read;
        const auto heard = co_await wait_for(direction, until);
        if (heard != Heard::line) co_return false;
    }
}

asio::awaitable<bool> Channel::State::client_hello(Steady::time_point until)
{
    const int fd = socket.native_handle();
    auto heard = Heard::line;
    while (heard == Heard::line && missing_of_first_record(fd) > 0)
        heard = co_await wait_for(Socket::wait_read, until);
    reset_wakeup(fd);
    co_return heard == Heard::line;
}

// A socket closed with bytes unread sends a reset, which can overtake our last reply. So what the peer still
// sends is read and dropped for a moment, until it closes too.
asio::awaitable<void> Channel::State::linger(Steady::time_point until)
{
    std::array<char, small_read> dropped{};
    for (int rounds = 0; rounds < 256; ++rounds) {
        const auto got = recv(socket.native_handle(), dropped.data(), dropped.size(), MSG_DONTWAIT);
        if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) co_return;
        if (got > 0) continue;
        const auto heard = co_await wait_for(Socket::wait_read, until);
        if (heard != Heard::line) co_return;
    }
}

} // namespace metka::net
