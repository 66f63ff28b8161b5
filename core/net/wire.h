#pragma once
// One end of a wire between two of Metka's programs, within one event loop. Both ends may ask and both may
// serve. A peer that sends a bad frame loses this wire, with a log line, and nothing else ends.
//
//     auto wire = net::Wire::open(executor, std::move(descriptor), "smtp");
//     wire->serve(handler);                       // starts reading; without it nothing is received
//     const auto opened = co_await wire->ask<Opened>(Open{...});
//
// A message type is as sys/frame.h says; one that carries descriptors has
// `std::array<sys::Descriptor, n> descriptors` or handles them itself through the Frame overloads.

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>

#include "core/base/result.h"
#include "core/sys/frame.h"

namespace metka::net {

using Frame = sys::Frame;

class Wire : public std::enable_shared_from_this<Wire> {
  public:
    // The answer to one request: a frame, or an Error that goes back as one. It runs as a coroutine of its
    // own; answers may leave in another order than requests came.
    using Handler = std::function<asio::awaitable<Result<Frame>>(Frame request)>;
    static constexpr auto patience = std::chrono::seconds(30);

    static std::shared_ptr<Wire> open(asio::any_io_executor, sys::Descriptor, std::string peer);
    ~Wire();

    void serve(Handler handler, std::function<void()> when_closed = {});
    asio::awaitable<Result<Frame>> ask(Frame request, std::chrono::milliseconds deadline = patience);
    void tell(Frame message); // no answer wanted; lost with the wire, and never otherwise
    void close();
    void when_closed(std::function<void()> call); // once, by whichever side; also while it is being served
    bool is_open() const;
    const std::string& peer() const;

    template <class Reply, class Request>
    asio::awaitable<Result<Reply>> ask_for(Request request, std::chrono::milliseconds deadline = patience)
    {
        const auto spent = std::move(request); // it may be large: nothing of it is kept while we wait
        return reply_to<Reply>(sys::encode(spent), deadline);
    }

  private:
    template <class Reply>
    asio::awaitable<Result<Reply>> reply_to(Frame request, std::chrono::milliseconds deadline)
    {
        const auto answer = co_await ask(std::move(request), deadline);
        if (!answer) co_return pass(answer);
        auto reply = sys::decode<Reply>(*answer);
        if (!reply) co_return distrust(reply.error());
        co_return reply;
    }

    struct State;
    std::unexpected<Error> distrust(const Error& why); // the peer broke the rules: closes, with a log line
    explicit Wire(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

// A wire whose other end may be replaced while we run: metkad hands a new one after it restarted the peer,
// and the old peer serves until its wires are closed. New requests go to the new one. What began on the old
// one ends there: the wire that was replaced is closed when nobody holds it any more, and not before.
class Link {
  public:
    using Hold = std::shared_ptr<Wire>;

    void replace(std::shared_ptr<Wire> wire); // null: nobody is there
    // For what takes more than one request, and must come to the same peer each time. Null: nobody is there.
    Hold hold() const { return wire_; }
    static std::unexpected<Error> nobody();
    asio::awaitable<Result<Frame>> ask(Frame request, std::chrono::milliseconds deadline = Wire::patience);
    void tell(Frame message);
    bool is_up() const;

    template <class Reply, class Request>
    asio::awaitable<Result<Reply>> ask_for(Request request,
                                           std::chrono::milliseconds deadline = Wire::patience)
    {
        const auto wire = wire_; // replaced while we wait: this request stays with the wire it went out on
        if (!wire) co_return nobody();
        auto reply = co_await wire->ask_for<Reply>(std::move(request), deadline);
        co_return reply;
    }

  private:
    Hold wire_;
};

} // namespace metka::net
