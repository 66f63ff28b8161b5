#include "core/net/channel.h"

#include <algorithm>

#include <sys/ioctl.h>
#include <sys/socket.h>

#include "core/net/channel_state.h"

namespace metka::net {

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

bool Channel::has_line() const
{
    return buffered().contains('\n');
}

void Channel::consume(std::size_t count)
{
    state_->begin += std::min(count, state_->end - state_->begin);
}

void Channel::wipe_consumed()
{
    if (state_->begin > 0) explicit_bzero(state_->input.get(), state_->begin);
}

asio::awaitable<Heard> Channel::fill(Patience patience, Wait wait)
{
    const auto held = state_->end - state_->begin;
    if (held >= large_read) co_return Heard::line;
    const auto asked = std::min(large_read - held, state_->appetite);
    const auto heard = co_await state_->fill(asked, Steady::now() + patience, wait);
    if (heard == Heard::line) state_->learn(state_->end - state_->begin - held, asked);
    co_return heard;
}

void Channel::say(std::string_view bytes)
{
    state_->say(bytes);
}

std::size_t Channel::unsent() const
{
    return state_->unsent();
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

void Channel::stand(Standing standing)
{
    state_->standing = standing;
}

Standing Channel::standing() const
{
    return state_->standing;
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

asio::awaitable<bool> Channel::start_tls(const TlsContext& context, Patience patience)
{
    if (!buffered().empty()) co_return false;
    const auto until = Steady::now() + patience;
    state_->gives_way = false;
    const auto flushed = co_await state_->flush(until);
    if (flushed != Heard::line) co_return false;
    const bool begun = co_await state_->client_hello(until);
    if (!begun) co_return false;
    state_->begin_tls(context.get());
    if (!state_->tls) co_return false;
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

asio::awaitable<void> Channel::close(Patience patience)
{
    const auto until = Steady::now() + patience;
    state_->gives_way = false;
    state_->say_goodbye();
    const auto flushed = co_await state_->flush(until);
    const int fd = state_->socket.native_handle();
    int waiting = 0;
    ioctl(fd, FIONREAD, &waiting);
    const bool unread = waiting > 0 || state_->begin != state_->end;
    if (flushed == Heard::line && unread) {
        shutdown(fd, SHUT_WR);
        co_await state_->linger(std::min(until, Steady::now() + std::chrono::seconds(2)));
    }
    asio::error_code ignored;
    state_->socket.close(ignored);
}

} // namespace metka::net
