#include "core/net/server.h"

#include <cerrno>
#include <list>
#include <unordered_map>

#include <arpa/inet.h>
#include <asio/posix/stream_descriptor.hpp>
#include <asio/redirect_error.hpp>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "core/net/spawn.h"
#include "core/sys/log.h"

namespace metka::net {

namespace {

struct Peer {
    std::string text;  // for the log, the session, Received:
    std::string group; // what is counted together: an IPv4 address, an IPv6 /64
};

Peer peer_of(const sockaddr_storage& address)
{
    std::array<char, INET6_ADDRSTRLEN> text{};
    if (address.ss_family == AF_INET) {
        const auto& v4 = reinterpret_cast<const sockaddr_in&>(address);
        inet_ntop(AF_INET, &v4.sin_addr, text.data(), text.size());
        return {.text = text.data(), .group = text.data()};
    }
    if (address.ss_family != AF_INET6) return {.text = "local", .group = "local"};
    auto v6 = reinterpret_cast<const sockaddr_in6&>(address).sin6_addr;
    if (IN6_IS_ADDR_V4MAPPED(&v6)) {
        inet_ntop(AF_INET, &v6.s6_addr[12], text.data(), text.size());
        return {.text = text.data(), .group = text.data()};
    }
    inet_ntop(AF_INET6, &v6, text.data(), text.size());
    Peer peer{.text = text.data(), .group = {}};
    std::fill(std::begin(v6.s6_addr) + 8, std::end(v6.s6_addr), std::uint8_t{0});
    inet_ntop(AF_INET6, &v6, text.data(), text.size());
    peer.group = std::string(text.data()) + "/64";
    return peer;
}

} // namespace

struct Server::State : std::enable_shared_from_this<Server::State> {
    using Listener = asio::posix::stream_descriptor;

    State(asio::any_io_executor e, ConnectionLimits l, Refusals r)
        : executor(e), limits(l), refusals(std::move(r))
    {
    }

    asio::any_io_executor executor;
    ConnectionLimits limits;
    Refusals refusals;
    std::list<Listener> listeners;
    std::unordered_map<Channel*, std::weak_ptr<Channel>> sessions;
    std::unordered_map<std::string, std::size_t> per_peer;
    bool draining = false;
    std::function<void()> drained;

    asio::awaitable<void> accept(std::shared_ptr<State> self, Listener& listener, std::string name,
                                 Session session);
    void welcome(sys::Descriptor socket, const Peer& peer, const std::string& name, const Session& session);
    asio::awaitable<void> run(std::shared_ptr<State> self, std::shared_ptr<Channel> channel,
                              std::string group, Session session);
    void forget(Channel* channel, const std::string& group);
};

Server::Server(asio::any_io_executor executor, ConnectionLimits limits, Refusals refusals)
    : state_(std::make_shared<State>(executor, limits, std::move(refusals)))
{
}

Server::~Server()
{
    asio::error_code ignored;
    for (auto& listener : state_->listeners)
        listener.close(ignored);
}

void Server::listen(sys::Descriptor descriptor, std::string name, Session session)
{
    auto& listener = state_->listeners.emplace_back(state_->executor, descriptor.release());
    listener.non_blocking(true);
    spawn(state_->executor, state_->accept(state_, listener, name, std::move(session)), "listener " + name);
}

std::size_t Server::connections() const
{
    return state_->sessions.size();
}

asio::awaitable<void> Server::State::accept(std::shared_ptr<State> self, Listener& listener, std::string name,
                                            Session session)
{
    asio::steady_timer pause(executor);
    asio::error_code error;
    while (listener.is_open()) {
        sockaddr_storage address{};
        socklen_t size = sizeof address;
        sys::Descriptor socket(accept4(listener.native_handle(), reinterpret_cast<sockaddr*>(&address), &size,
                                       SOCK_NONBLOCK | SOCK_CLOEXEC));
        if (socket) {
            welcome(std::move(socket), peer_of(address), name, session);
            continue;
        }
        if (errno == ECONNABORTED || errno == EINTR) continue;
        if (errno != EAGAIN) { // out of descriptors or memory: the connection waits in the queue
            sys::log(sys::Level::warning, "listener.pauses", {{"listener", name}, {"errno", errno}});
            pause.expires_after(std::chrono::milliseconds(100));
            co_await pause.async_wait(asio::redirect_error(asio::use_awaitable, error));
            continue;
        }
        co_await listener.async_wait(Listener::wait_read, asio::redirect_error(asio::use_awaitable, error));
        if (error) break;
    }
    (void)self; // keeps this state alive until here
}

void Server::State::welcome(sys::Descriptor socket, const Peer& peer, const std::string& name,
                            const Session& session)
{
    const auto refuse = [&](const std::string& text) {
        sys::log(sys::Level::warning, "listener.refused", {{"listener", name}, {"peer", peer.text}});
        send(socket.get(), text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    };
    if (sessions.size() >= limits.total) return refuse(refusals.too_many);
    auto& count = per_peer[peer.group];
    if (count >= limits.per_peer) return refuse(refusals.too_many_from_peer);
    ++count;
    const int on = 1; // replies are gathered by Channel; Nagle would only delay them (a Unix socket has none)
    setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    auto channel = std::make_shared<Channel>(executor, std::move(socket), peer.text);
    sessions.emplace(channel.get(), channel);
    if (draining) channel->interrupt();
    spawn(executor, run(shared_from_this(), std::move(channel), peer.group, session), "session of " + name);
}

asio::awaitable<void> Server::State::run(std::shared_ptr<State> self, std::shared_ptr<Channel> channel,
                                         std::string group, Session session)
{
    // Forgotten also when an exception passes through.
    struct Leaving {
        State& state;
        Channel* channel;
        const std::string& group;
        ~Leaving() { state.forget(channel, group); }
    } const leaving{.state = *self, .channel = channel.get(), .group = group};
    co_await session(std::move(channel));
}

void Server::State::forget(Channel* channel, const std::string& group)
{
    sessions.erase(channel);
    const auto count = per_peer.find(group);
    if (count != per_peer.end() && --count->second == 0) per_peer.erase(count);
    if (draining && sessions.empty())
        if (const auto done = std::exchange(drained, nullptr)) done();
}

void Server::drain(std::function<void()> done)
{
    state_->draining = true;
    asio::error_code ignored;
    for (auto& listener : state_->listeners)
        listener.close(ignored);
    if (state_->sessions.empty()) return done();
    state_->drained = std::move(done);
    for (const auto& [key, weak] : state_->sessions)
        if (const auto channel = weak.lock()) channel->interrupt();
}

} // namespace metka::net
