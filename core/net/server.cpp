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

constexpr auto idle_patience = std::chrono::seconds(24);
constexpr auto busy_patience = std::chrono::seconds(27);

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
    using Socket = asio::posix::stream_descriptor;
    struct Listener {
        Socket socket;
        std::string name;
        std::string address;
        Session session;
        bool leaving = false; // it closes as soon as nobody waits in its queue
    };
    enum class Queue { empty, stuck }; // stuck: out of descriptors or memory

    State(asio::any_io_executor e, ConnectionLimits l, Refusals r)
        : executor(e), limits(l), refusals(std::move(r)), idle_end(e), busy_end(e)
    {
    }

    asio::any_io_executor executor;
    ConnectionLimits limits;
    Refusals refusals;
    std::list<std::shared_ptr<Listener>> listeners;
    std::unordered_map<Channel*, std::weak_ptr<Channel>> sessions;
    std::unordered_map<std::string, std::size_t> per_peer;
    bool draining = false;
    std::function<void()> drained;
    asio::steady_timer idle_end;
    asio::steady_timer busy_end;

    std::shared_ptr<Listener> find(const std::string& name, const std::string& address) const;
    asio::awaitable<void> accept(std::shared_ptr<State> self, std::shared_ptr<Listener> listener);
    Queue take_all(Listener& listener);
    void close(const std::shared_ptr<Listener>& listener);
    void welcome(sys::Descriptor socket, const Peer& peer, const Listener& listener);
    asio::awaitable<void> run(std::shared_ptr<State> self, std::shared_ptr<Channel> channel,
                              std::string group, Session session);
    void forget(Channel* channel, const std::string& group);
    void end_all(void (Channel::*how)());
    void end_all_later(asio::steady_timer& timer, std::chrono::seconds when, void (Channel::*how)());
};

Server::Server(asio::any_io_executor executor, ConnectionLimits limits, Refusals refusals)
    : state_(std::make_shared<State>(executor, limits, std::move(refusals)))
{
}

Server::~Server()
{
    asio::error_code ignored;
    for (const auto& listener : state_->listeners)
        listener->socket.close(ignored);
}

Result<void> Server::listen(sys::Descriptor descriptor, std::string name, Session session,
                            std::string address)
{
    if (state_->find(name, address))
        return fail(Fault::conflict, "listener {} is served already at “{}”", name, address);
    const auto listener =
        std::make_shared<State::Listener>(State::Socket(state_->executor, descriptor.release()),
                                          std::move(name), std::move(address), std::move(session));
    listener->socket.non_blocking(true);
    state_->listeners.push_back(listener);
    spawn(state_->executor, state_->accept(state_, listener), "listener " + listener->name);
    return {};
}

Result<void> Server::stop_listening(const std::string& name, const std::string& address)
{
    const auto listener = state_->find(name, address);
    if (!listener) return fail(Fault::not_found, "no listener {} is served at “{}”", name, address);
    listener->leaving = true;
    if (state_->take_all(*listener) == State::Queue::empty) state_->close(listener);
    return {};
}

void Server::limit(ConnectionLimits limits)
{
    state_->limits = limits;
}

std::size_t Server::connections() const
{
    return state_->sessions.size();
}

std::shared_ptr<Server::State::Listener> Server::State::find(const std::string& name,
                                                             const std::string& address) const
{
    for (const auto& each : listeners)
        if (each->name == name && each->address == address && !each->leaving) return each;
    return nullptr;
}

void Server::State::close(const std::shared_ptr<Listener>& listener)
{
    asio::error_code ignored;
    listener->socket.close(ignored);
    listeners.remove(listener);
}

Server::State::Queue Server::State::take_all(Listener& listener)
{
    for (;;) {
        sockaddr_storage address{};
        socklen_t size = sizeof address;
        sys::Descriptor connection(accept4(listener.socket.native_handle(),
                                           reinterpret_cast<sockaddr*>(&address), &size,
                                           SOCK_NONBLOCK | SOCK_CLOEXEC));
        if (connection) {
            welcome(std::move(connection), peer_of(address), listener);
            continue;
        }
        if (errno == ECONNABORTED || errno == EINTR) continue;
        if (errno == EAGAIN) return Queue::empty;
        sys::log(sys::Level::warning, "listener.pauses", {{"listener", listener.name}, {"errno", errno}});
        return Queue::stuck; // whoever waits there goes on waiting
    }
}

asio::awaitable<void> Server::State::accept(std::shared_ptr<State> self, std::shared_ptr<Listener> listener)
{
    asio::steady_timer pause(executor);
    asio::error_code error;
    while (listener->socket.is_open()) {
        if (take_all(*listener) == Queue::stuck) {
            pause.expires_after(std::chrono::milliseconds(100));
            co_await pause.async_wait(asio::redirect_error(asio::use_awaitable, error));
            continue;
        }
        if (listener->leaving) break;
        co_await listener->socket.async_wait(Socket::wait_read,
                                             asio::redirect_error(asio::use_awaitable, error));
        if (error) break;
    }
    close(listener);
    (void)self; // keeps this state alive until here
}

void Server::State::welcome(sys::Descriptor socket, const Peer& peer, const Listener& listener)
{
    const auto refuse = [&](const std::string& text) {
        sys::log(sys::Level::warning, "listener.refused", {{"listener", listener.name}, {"peer", peer.text}});
        send(socket.get(), text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    };
    if (sessions.size() >= limits.total) return refuse(refusals.too_many);
    const auto known = per_peer.find(peer.group);
    if ((known == per_peer.end() ? 0 : known->second) >= limits.per_peer)
        return refuse(refusals.too_many_from_peer);
    ++per_peer[peer.group];
    const int on = 1; // replies are gathered by Channel; Nagle would only delay them (a Unix socket has none)
    setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    auto channel = std::make_shared<Channel>(executor, std::move(socket), peer.text);
    sessions.emplace(channel.get(), channel);
    if (draining) channel->interrupt();
    spawn(executor, run(shared_from_this(), std::move(channel), peer.group, listener.session),
          "session of " + listener.name);
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
    if (!draining || !sessions.empty()) return;
    idle_end.cancel();
    busy_end.cancel();
    if (const auto done = std::exchange(drained, nullptr)) done();
}

void Server::State::end_all(void (Channel::*how)())
{
    for (const auto& [key, weak] : sessions)
        if (const auto channel = weak.lock()) (channel.get()->*how)();
}

void Server::State::end_all_later(asio::steady_timer& timer, std::chrono::seconds when,
                                  void (Channel::*how)())
{
    timer.expires_after(when);
    timer.async_wait([weak = weak_from_this(), how](const asio::error_code& cancelled) {
        const auto self = weak.lock();
        if (self && !cancelled) self->end_all(how);
    });
}

void Server::drain(std::function<void()> done, Pace pace)
{
    state_->draining = true;
    asio::error_code ignored;
    for (const auto& listener : state_->listeners)
        listener->socket.close(ignored);
    if (state_->sessions.empty()) return done();
    state_->drained = std::move(done);
    state_->end_all_later(state_->busy_end, busy_patience, &Channel::cut);
    if (pace == Pace::at_once) return state_->end_all(&Channel::interrupt);
    state_->end_all_later(state_->idle_end, idle_patience, &Channel::interrupt);
}

} // namespace metka::net
