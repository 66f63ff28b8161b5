#include "core/net/server.h"

#include <array>
#include <cerrno>
#include <list>

#include <asio/posix/stream_descriptor.hpp>
#include <asio/redirect_error.hpp>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "core/net/crowd.h"
#include "core/net/origin.h"
#include "core/net/spawn.h"
#include "core/net/turned_away.h"
#include "core/sys/log.h"

namespace metka::net {

namespace {

constexpr auto idle_patience = std::chrono::seconds(24);
constexpr auto busy_patience = std::chrono::seconds(27);

// Why a connection was refused, in the log.
constexpr std::array<std::string_view, 5> reasons{"", "in all", "from its address", "from its network",
                                                  "in a minute"};

std::string_view reason_of(Crowd::Admission admission)
{
    return reasons.at(static_cast<std::size_t>(admission));
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
        : executor(e),
          crowd(l),
          refusals(std::move(r)),
          minute(e, asio::steady_timer::time_point::max()),
          idle_end(e),
          busy_end(e)
    {
    }

    asio::any_io_executor executor;
    Crowd crowd;
    Crowd::Number last = 0; // session
    Refusals refusals;
    TurnedAway turned_away;
    asio::steady_timer minute; // runs while somebody was turned away
    std::list<std::shared_ptr<Listener>> listeners;
    bool draining = false;
    std::function<void()> drained;
    asio::steady_timer idle_end;
    asio::steady_timer busy_end;

    std::shared_ptr<Listener> find(const std::string& name, const std::string& address) const;
    asio::awaitable<void> accept(std::shared_ptr<State> self, std::shared_ptr<Listener> listener);
    Queue take_all(Listener& listener);
    void close(const std::shared_ptr<Listener>& listener);
    void welcome(sys::Descriptor socket, const Origin& origin, const Listener& listener);
    void turn_away(sys::Descriptor socket, const Origin& origin, const Listener& listener,
                   Crowd::Admission why);
    void begin_minute();
    void tell_of_turned_away();
    void make_room();
    asio::awaitable<void> run(std::shared_ptr<State> self, std::shared_ptr<Channel> channel,
                              Crowd::Number number, Session session);
    void forget(Crowd::Number number);
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
    state_->minute.cancel();
}

Result<void> Server::listen(sys::Descriptor descriptor, std::string name, Session session,
                            std::string address)
{
    if (state_->find(name, address))
        return fail(Fault::conflict, "listener {} is served already at “{}”", name, address);
    // Those accepted inherit it. Channel gathers replies; Nagle would only delay them (a Unix socket has
    // none).
    const int on = 1;
    setsockopt(descriptor.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
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
    state_->crowd.limit(limits);
}

std::size_t Server::connections() const
{
    return state_->crowd.size();
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
            welcome(std::move(connection), origin_of(address), listener);
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

void Server::State::welcome(sys::Descriptor socket, const Origin& origin, const Listener& listener)
{
    const auto admission = crowd.admit(origin, std::chrono::steady_clock::now());
    if (admission != Crowd::Admission::welcome)
        return turn_away(std::move(socket), origin, listener, admission);
    auto channel = std::make_shared<Channel>(executor, std::move(socket), origin.peer);
    crowd.enter(++last, origin, channel);
    make_room();
    if (draining) channel->interrupt();
    spawn(executor, run(shared_from_this(), std::move(channel), last, listener.session),
          "session of " + listener.name);
}

void Server::State::turn_away(sys::Descriptor socket, const Origin& origin, const Listener& listener,
                              Crowd::Admission why)
{
    auto [network, is_first] = turned_away.note(origin.network, why);
    if (is_first) {
        const auto& words =
            why == Crowd::Admission::too_many ? refusals.too_many : refusals.too_many_from_peer;
        auto told = refusals.sign ? refusals.sign(words, listener.name, origin.peer)
                                  : Refusals::Receipted{.words = words, .receipt = {}};
        network.words = std::move(told.words);
        network.receipt = std::move(told.receipt);
        sys::log(sys::Level::warning, "listener.refused",
                 {{"listener", listener.name},
                  {"peer", origin.peer},
                  {"too_many", reason_of(why)},
                  {"receipt", network.receipt}});
        if (minute.expiry() == asio::steady_timer::time_point::max()) begin_minute();
    }
    send(socket.get(), network.words.data(), network.words.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
}

void Server::State::begin_minute()
{
    minute.expires_after(std::chrono::minutes(1));
    minute.async_wait([weak = weak_from_this()](const asio::error_code& cancelled) {
        const auto self = weak.lock();
        if (!self || cancelled) return;
        self->tell_of_turned_away();
        self->minute.expires_at(asio::steady_timer::time_point::max());
        if (!self->turned_away.empty()) self->begin_minute();
    });
}

void Server::State::tell_of_turned_away()
{
    for (const auto& line : turned_away.take())
        sys::log(sys::Level::warning, "listener.refused_more",
                 {{"network", line.network},
                  {"too_many", reason_of(line.why)},
                  {"connections", line.more},
                  {"receipt", line.receipt}});
}

void Server::State::make_room()
{
    const auto leaving = crowd.next_to_go();
    if (!leaving) return;
    sys::log(sys::Level::warning, "listener.gave_way", {{"peer", leaving->peer()}});
    leaving->cut();
}

asio::awaitable<void> Server::State::run(std::shared_ptr<State> self, std::shared_ptr<Channel> channel,
                                         Crowd::Number number, Session session)
{
    // Forgotten also when an exception passes through.
    struct Leaving {
        State& state;
        Crowd::Number number;
        ~Leaving() { state.forget(number); }
    } const leaving{.state = *self, .number = number};
    co_await session(std::move(channel));
}

void Server::State::forget(Crowd::Number number)
{
    crowd.leave(number);
    if (!draining || crowd.size() > 0) return;
    idle_end.cancel();
    busy_end.cancel();
    if (const auto done = std::exchange(drained, nullptr)) done();
}

void Server::State::end_all(void (Channel::*how)())
{
    crowd.each([how](Channel& channel) { (channel.*how)(); });
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
    state_->minute.cancel();
    state_->tell_of_turned_away();
    if (state_->crowd.size() == 0) return done();
    state_->drained = std::move(done);
    state_->end_all_later(state_->busy_end, busy_patience, &Channel::cut);
    if (pace == Pace::at_once) return state_->end_all(&Channel::interrupt);
    state_->end_all_later(state_->idle_end, idle_patience, &Channel::interrupt);
}

} // namespace metka::net
