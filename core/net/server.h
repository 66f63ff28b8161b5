#pragma once
// Accepts connections on sockets that metkad bound, within limits, and runs one session a connection.
//
// In the last tenth of the total each new connection costs another its place: the oldest that may go
// (Channel::stand) of the source that has the most (SECURITY 33). It is cut, and may say goodbye.

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>

#include "core/net/channel.h"

namespace metka::net {

enum class Loopback { is_free, is_limited }; // is_free: of the limits per network and per minute

// At a time, but for the last. Of where clients come from: origin.h.
struct ConnectionLimits {
    std::size_t total = 5000;
    std::size_t per_peer = 50;       // of one source
    std::size_t per_network = 200;   // never less than per_peer
    std::uint64_t per_minute = 1200; // new ones, of one source
    Loopback loopback = Loopback::is_free;
};

// What a connection beyond its limits is told before it is closed, in the clear: "421 4.7.0 …\r\n". May be
// empty.
struct Refusals {
    struct Receipted {
        std::string words;
        std::string receipt; // a code in them, for the log; empty: none
    };
    // The words with a code under which the refusal is remembered. Asked once for a network, as long as it
    // goes on: a flood must not drive out what else is remembered.
    using Sign =
        std::function<Receipted(std::string_view words, std::string_view listener, std::string_view peer)>;

    std::string too_many;
    std::string too_many_from_peer; // or its network, or in a minute
    Sign sign = nullptr;            // null: said as they are
};

// How a program ends: at once, since there is none after it; in good time, since another serves already.
enum class Pace { at_once, in_good_time };

class Server {
  public:
    using Session = std::function<asio::awaitable<void>(std::shared_ptr<Channel>)>;

    Server(asio::any_io_executor executor, ConnectionLimits limits, Refusals refusals);
    ~Server();

    // Takes a listening socket; one of that name and address that is there already is a conflict. An
    // exception out of a session ends that session, is logged and counted.
    Result<void> listen(sys::Descriptor listener, std::string name, Session session,
                        std::string address = {});
    // Serves whoever the kernel has connected there already, and then nobody else; sessions go on. not_found:
    // nothing is listened to under that name and address.
    Result<void> stop_listening(const std::string& name, const std::string& address);
    // For connections from now on: who is beyond new limits already stays.
    void limit(ConnectionLimits limits);
    // Stops accepting; calls `done` when the last session has ended. Those between two commands are
    // interrupted at once, or in good time after 24 s; after 27 s all are, in the middle of a message, too:
    // they have 3 s for their farewell, then their program ends.
    void drain(std::function<void()> done, Pace pace = Pace::at_once);
    std::size_t connections() const;

  private:
    struct State;
    std::shared_ptr<State> state_;
};

} // namespace metka::net
