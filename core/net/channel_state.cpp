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
constexpr std::size_t most_sent_in_a_row = std::size_t{512} * 1024;

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
    sent_in_a_row = 0;
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

// Of a connection that is silent.
void Channel::State::hold_nothing()
{
    make_room(0);
    output.shrink_to_fit();
    ends.sealed.shrink_to_fit();
}

Moved Channel::State::judge(int result)
{
    switch (SSL_get_error(tls.get(), result)) {
    case SSL_ERROR_WANT_READ:
        return Moved::wants_read;
    case SSL_ERROR_ZERO_RETURN: // the peer says no more, and may yet listen
        return Moved::closed;
    default:
        ERR_clear_error();
        is_broken = true;
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

// Large pieces are sealed from where they are, in whole records; only their ends are copied.
void Channel::State::say(std::string_view bytes)
{
    constexpr std::size_t most_overhead = 256; // of a record
    if (tls && bytes.size() >= record_most)
        ends.sealed.reserve(ends.sealed.size() + bytes.size() +
                            (bytes.size() / record_most + 2) * most_overhead);
    while (tls && output.size() - sent + bytes.size() >= record_most) {
        const auto missing = sent == output.size() ? 0 : record_most - (output.size() - sent);
        output += bytes.substr(0, missing);
        bytes.remove_prefix(missing);
        if (sent < output.size())
            seal_output();
        else
            bytes.remove_prefix(seal(bytes.substr(0, record_most)));
        if (is_broken) return;
    }
    output += bytes;
}

// How much of it has been sealed; all of it, unless the connection is broken.
std::size_t Channel::State::seal(std::string_view bytes)
{
    std::size_t done = 0;
    while (done < bytes.size() && !is_broken) {
        const auto most = std::min(bytes.size() - done, record_most);
        const int put = SSL_write(tls.get(), bytes.data() + done, static_cast<int>(most));
        if (put <= 0) is_broken = true;
        if (put > 0) done += static_cast<std::size_t>(put);
    }
    if (is_broken) ERR_clear_error();
    return done;
}

void Channel::State::seal_output()
{
    sent += seal(std::string_view(output).substr(sent));
    if (sent < output.size()) return;
    sent = 0;
    output.clear();
}

Moved Channel::State::send_some()
{
    const auto bytes = tls ? ends.unsent() : std::string_view(output).substr(sent);
    const auto put = ::send(socket.native_handle(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (put < 0 && (errno == EAGAIN || errno == EINTR)) return Moved::wants_write;
    if (put < 0) return Moved::closed;
    const auto count = static_cast<std::size_t>(put);
    sent_in_a_row += count;
    if (tls)
        ends.took(count);
    else
        sent += count;
    return Moved::some;
}

asio::awaitable<Heard> Channel::State::flush(Steady::time_point until)
{
    if (tls) seal_output();
    while (unsent() > 0) {
        if (is_broken && ends.unsent().empty()) break; // what is left can be sealed by nobody
        const auto moved = send_some();
        if (moved == Moved::some) continue;
        if (moved == Moved::closed) co_return Heard::closed;
        const auto heard = co_await wait_for(Socket::wait_write, until);
        if (heard != Heard::line) co_return heard;
    }
    sent = 0;
    output.clear();
    if (output.capacity() > small_read) output.shrink_to_fit();
    if (is_broken) co_return Heard::closed;
    if (sent_in_a_row > most_sent_in_a_row) co_await give_others_a_turn();
    co_return Heard::line;
}

// Whoever sends or takes faster than we work would never let us wait, and nobody else be served.
asio::awaitable<void> Channel::State::give_others_a_turn()
{
    reads_in_a_row = 0;
    sent_in_a_row = 0;
    co_await asio::post(socket.get_executor(), asio::use_awaitable);
}

asio::awaitable<Heard> Channel::State::fill(std::size_t size, Steady::time_point until, Wait wait)
{
    gives_way = false; // what was said is sent whole, also while we are asked to end
    bool has_answered = unsent() > 0;
    const auto flushed = co_await flush(until);
    if (flushed != Heard::line) co_return flushed;
    if (++reads_in_a_row > most_reads_in_a_row) {
        co_await give_others_a_turn();
        if (is_cut) co_return Heard::interrupted;
        if (Steady::now() >= until) co_return Heard::timed_out;
    }
    for (;;) {
        // Who has just been answered has not spoken yet: to look would be in vain.
        const bool looks = !std::exchange(has_answered, false) || (tls && SSL_has_pending(tls.get()) == 1);
        const auto moved = looks ? read_some(size) : Moved::wants_read;
        if (moved == Moved::some) co_return Heard::line;
        if (unsent() > 0) { // TLS answers some records by itself
            const auto answered = co_await flush(until);
            if (answered != Heard::line) co_return answered;
        }
        if (moved == Moved::closed) co_return Heard::closed;
        gives_way = wait == Wait::gives_way;
        if (begin == end && gives_way) hold_nothing(); // while nobody speaks
        const auto heard = co_await wait_for_more(Socket::wait_read, until);
        gives_way = false;
        if (heard != Heard::line) co_return heard;
    }
}

void Channel::State::begin_tls(SSL_CTX* context)
{
    tls.reset(SSL_new(context));
    ends.socket = socket.native_handle();
    auto* const bio = tls ? bio_of(ends) : nullptr;
    if (bio == nullptr) return tls.reset();
    SSL_set_bio(tls.get(), bio, bio);
    SSL_set_accept_state(tls.get());
}

void Channel::State::say_goodbye()
{
    if (!tls) return;
    seal_output();
    if (is_broken) return;
    SSL_shutdown(tls.get());
    ERR_clear_error();
}

// What it has to say at its end, a ticket, goes out with what is said first.
asio::awaitable<bool> Channel::State::handshake(Steady::time_point until)
{
    for (;;) {
        ERR_clear_error();
        const int result = SSL_do_handshake(tls.get());
        if (result == 1) co_return true;
        const auto moved = judge(result);
        const auto said = co_await flush(until); // also why it failed
        if (moved == Moved::closed || said != Heard::line) co_return false;
        const auto heard = co_await wait_for(Socket::wait_read, until);
        if (heard != Heard::line) co_return false;
    }
}

asio::awaitable<bool> Channel::State::client_hello(Steady::time_point until)
{
    FirstRecord first(socket.native_handle());
    auto heard = Heard::line;
    while (heard == Heard::line && !first.is_whole())
        heard = co_await wait_for(Socket::wait_read, until);
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
