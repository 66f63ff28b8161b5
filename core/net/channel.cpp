#include "core/net/channel.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <vector>

#include <asio/posix/stream_descriptor.hpp>
#include <asio/redirect_error.hpp>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

namespace metka::net {

namespace {

using Steady = std::chrono::steady_clock;
using Socket = asio::posix::stream_descriptor;

constexpr std::size_t small_read = 4 * 1024;  // what a dialogue needs, and an idle connection may keep
constexpr std::size_t large_read = 64 * 1024; // message data

struct Freed {
    void operator()(SSL* ssl) const { SSL_free(ssl); }
};

// What one attempt to move bytes came to.
enum class Moved { some, wants_read, wants_write, closed };

} // namespace

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
    std::unique_ptr<SSL, Freed> tls;
    std::vector<char> input; // unread bytes are [begin, end)
    std::size_t begin = 0;
    std::size_t end = 0;
    std::string output;
    std::size_t sent = 0;
    bool timed_out = false;
    bool interrupted = false;
    bool is_cut = false;
    bool gives_way = false;

    std::string_view unread() const { return {input.data() + begin, end - begin}; }
    void make_room(std::size_t size);
    Moved read_some(std::size_t size);
    Moved write_some();
    Moved judge(int result);
    void watch_until(Steady::time_point when);
    void ring();
    asio::awaitable<Heard> wait_for(Socket::wait_type direction, Steady::time_point until);
    asio::awaitable<Heard> fill(std::size_t size, Steady::time_point until, Wait wait);
    asio::awaitable<Heard> flush(Steady::time_point until);
    asio::awaitable<bool> handshake(Steady::time_point until);
    asio::awaitable<void> linger(Steady::time_point until);
};

Channel::Channel(asio::any_io_executor executor, sys::Descriptor socket, std::string peer)
    : state_(std::make_shared<State>(executor, std::move(socket), std::move(peer)))
{
}

Channel::~Channel()
{
    state_->watch.cancel();
    state_->tls.reset();
    asio::error_code ignored;
    state_->socket.close(ignored);
}

// --- waiting
// -------------------------------------------------------------------------------------------------

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
    watch_until(until);
    asio::error_code error;
    co_await socket.async_wait(direction, asio::redirect_error(asio::use_awaitable, error));
    deadline = Steady::time_point::max();
    if (!error) co_return Heard::line;
    if (timed_out) co_return Heard::timed_out;
    co_return is_interrupted() ? Heard::interrupted : Heard::closed;
}

// --- moving bytes
// ------------------------------------------------------------------------------------------------

void Channel::State::make_room(std::size_t size)
{
    if (begin == end) {
        begin = end = 0;
        if (input.capacity() > size) std::vector<char>().swap(input); // an idle session keeps little
    }
    if (begin > 0 && input.size() - end < size) {
        std::copy(input.begin() + static_cast<std::ptrdiff_t>(begin),
                  input.begin() + static_cast<std::ptrdiff_t>(end), input.begin());
        end -= begin;
        begin = 0;
    }
    if (input.size() - end < size) input.resize(end + size);
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
        got = SSL_read(tls.get(), input.data() + end, static_cast<int>(size));
        if (got <= 0) return judge(static_cast<int>(got));
    } else {
        got = recv(socket.native_handle(), input.data() + end, size, 0);
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

asio::awaitable<Heard> Channel::State::fill(std::size_t size, Steady::time_point until, Wait wait)
{
    gives_way = false; // what was said is sent whole, also while we are asked to end
    const auto flushed = co_await flush(until);
    if (flushed != Heard::line) co_return flushed;
    for (;;) {
        const auto moved = read_some(size);
        if (moved == Moved::some) co_return Heard::line;
        if (moved == Moved::closed) co_return Heard::closed;
        gives_way = wait == Wait::gives_way;
        if (begin == end && gives_way) make_room(0); // nothing held while nobody speaks
        const auto direction = moved == Moved::wants_write ? Socket::wait_write : Socket::wait_read;
        const auto heard = co_await wait_for(direction, until);
        gives_way = false;
        if (heard != Heard::line) co_return heard;
    }
}

// --- what sessions see
// -------------------------------------------------------------------------------------------

asio::awaitable<Reading> Channel::read_line(std::size_t most, Patience patience, Wait wait)
{
    const auto until = Steady::now() + patience;
    wire::LineScanner scanner(most);
    for (;;) {
        std::size_t used = 0;
        const auto line = scanner.next(state_->unread(), used);
        consume(used);
        if (line) co_return Reading{.heard = Heard::line, .line = *line};
        const auto heard = co_await state_->fill(small_read, until, wait);
        if (heard != Heard::line) co_return Reading{.heard = heard, .line = {}};
    }
}

std::string_view Channel::buffered() const
{
    return state_->unread();
}

void Channel::consume(std::size_t count)
{
    state_->begin += std::min(count, state_->end - state_->begin);
}

asio::awaitable<Heard> Channel::fill(Patience patience, Wait wait)
{
    const auto held = state_->end - state_->begin;
    if (held >= large_read) co_return Heard::line;
    co_return co_await state_->fill(large_read - held, Steady::now() + patience, wait);
}

void Channel::say(std::string_view bytes)
{
    state_->output += bytes;
}

std::size_t Channel::unsent() const
{
    return state_->output.size() - state_->sent;
}

asio::awaitable<bool> Channel::flush(Patience patience)
{
    state_->gives_way = false;
    const auto heard = co_await state_->flush(Steady::now() + patience);
    co_return heard == Heard::line;
}

void Channel::interrupt()
{
    state_->interrupted = true;
    asio::error_code ignored;
    if (state_->gives_way) state_->socket.cancel(ignored);
}

void Channel::cut()
{
    state_->is_cut = true;
    asio::error_code ignored;
    state_->socket.cancel(ignored);
}

const std::string& Channel::peer() const
{
    return state_->peer;
}

std::optional<unsigned> Channel::peer_uid() const
{
    ucred credentials{};
    socklen_t size = sizeof credentials;
    const int fd = state_->socket.native_handle();
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0) return std::nullopt;
    if (credentials.pid == 0) return std::nullopt; // a TCP socket answers too, with nobody
    return credentials.uid;
}

// --- TLS
// -----------------------------------------------------------------------------------------------------------

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

asio::awaitable<bool> Channel::start_tls(const TlsContext& context, Patience patience)
{
    if (!buffered().empty()) co_return false;
    const auto until = Steady::now() + patience;
    state_->gives_way = false;
    const auto flushed = co_await state_->flush(until);
    if (flushed != Heard::line) co_return false;
    state_->tls.reset(SSL_new(context.get()));
    if (!state_->tls || SSL_set_fd(state_->tls.get(), state_->socket.native_handle()) != 1) co_return false;
    const bool shaken = co_await state_->handshake(until);
    co_return shaken;
}

bool Channel::is_tls() const
{
    return state_->tls != nullptr;
}

std::string Channel::tls_summary() const
{
    if (!state_->tls) return {};
    return std::string(SSL_get_version(state_->tls.get())) + " " + SSL_get_cipher_name(state_->tls.get());
}

// --- goodbye
// ---------------------------------------------------------------------------------------------------------

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

asio::awaitable<void> Channel::close(Patience patience)
{
    const auto until = Steady::now() + patience;
    state_->gives_way = false;
    const auto flushed = co_await state_->flush(until);
    const int fd = state_->socket.native_handle();
    int waiting = 0;
    ioctl(fd, FIONREAD, &waiting);
    const bool unread = waiting > 0 || state_->begin != state_->end;
    ERR_clear_error();
    if (flushed == Heard::line && state_->tls) SSL_shutdown(state_->tls.get());
    shutdown(fd, SHUT_WR);
    if (flushed == Heard::line && unread)
        co_await state_->linger(std::min(until, Steady::now() + std::chrono::seconds(2)));
}

} // namespace metka::net
