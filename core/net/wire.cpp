#include "core/net/wire.h"

#include <cstdint>
#include <list>
#include <map>
#include <optional>
#include <vector>

#include <asio/posix/stream_descriptor.hpp>
#include <asio/redirect_error.hpp>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>

#include "core/net/spawn.h"
#include "core/sys/log.h"

namespace metka::net {

using sys::Passed;

namespace {

constexpr std::size_t most_waiting_frames = 4096; // beyond that the peer is not keeping up: busy
constexpr std::size_t most_requests = 4096;       // under way for one peer; beyond that we are not keeping up
constexpr std::size_t most_told = 2 * most_requests; // the same, of what was told: only a flood comes to that
constexpr int frames_in_a_row = 64;                  // then the other coroutines have their turn

// What is told ends something, and an answer says what was done: neither may get lost while its wire lasts.
enum class Loss { allowed, never };

struct Pending {
    asio::steady_timer bell; // rings at the deadline, or is cancelled by the answer
    std::optional<Result<Frame>> answer;
};

} // namespace

struct Wire::State {
    State(asio::any_io_executor e, sys::Descriptor descriptor, std::string p)
        : executor(e), socket(e, descriptor.release()), peer(std::move(p))
    {
    }

    asio::any_io_executor executor;
    asio::posix::stream_descriptor socket;
    std::string peer;
    Handler handler;
    std::vector<std::function<void()>> when_closed;
    std::uint32_t next_number = UINT32_MAX - 99; // begins so near its wrap that every test of many meets it
    // Thousands of wires lie idle, one for each open inbox: containers that hold nothing when they are empty.
    std::map<std::uint32_t, std::shared_ptr<Pending>> pending;
    std::list<Frame> outbox;
    bool pumping = false;
    std::size_t under_way = 0; // of what was asked
    std::size_t told = 0;      // the same of what was told

    void listen(std::shared_ptr<Wire> self);
    void read(std::shared_ptr<Wire> self);
    bool expects_more() const { return pending.size() > 1 || under_way + told > 1; }
    std::uint32_t unused_number();
    asio::awaitable<void> pump(std::shared_ptr<Wire> self);
    asio::awaitable<void> answer(std::shared_ptr<Wire> self, Frame request);
    void take(const std::shared_ptr<Wire>& self, Frame frame);
    void begin(const std::shared_ptr<Wire>& self, Frame request);
    void refuse(const std::shared_ptr<Wire>& self, std::uint32_t number, std::string_view why);
    void reply(const std::shared_ptr<Wire>& self, std::uint32_t number, Result<Frame> result,
               Loss loss = Loss::never);
    void distrust(std::string_view why);
    bool send(const std::shared_ptr<Wire>& self, Frame frame, Loss loss);
    void shut();
};

std::shared_ptr<Wire> Wire::open(asio::any_io_executor executor, sys::Descriptor descriptor, std::string peer)
{
    auto state = std::make_unique<State>(executor, std::move(descriptor), std::move(peer));
    return std::shared_ptr<Wire>(new Wire(std::move(state)));
}

Wire::Wire(std::unique_ptr<State> state) : state_(std::move(state)) {}

Wire::~Wire() = default;

void Wire::serve(Handler handler, std::function<void()> closed)
{
    state_->handler = std::move(handler);
    if (closed) when_closed(std::move(closed));
    state_->listen(shared_from_this());
}

bool Wire::is_open() const
{
    return state_->socket.is_open();
}

const std::string& Wire::peer() const
{
    return state_->peer;
}

void Wire::when_closed(std::function<void()> call)
{
    state_->when_closed.push_back(std::move(call));
}

void Wire::close()
{
    state_->shut();
}

// 0 is of what is told, and never answered.
std::uint32_t Wire::State::unused_number()
{
    while (next_number == 0 || pending.contains(next_number))
        ++next_number;
    return next_number++;
}

asio::awaitable<Result<Frame>> Wire::ask(Frame request, std::chrono::milliseconds deadline)
{
    const auto self = shared_from_this();
    if (!is_open()) co_return fail(Fault::unavailable, "{} is not there", state_->peer);
    if (!request.fits())
        co_return fail(Fault::limit, "{} bytes are more than one frame holds", request.body.size());
    const auto number = state_->unused_number();
    request.number = number;
    const auto pending =
        std::make_shared<Pending>(asio::steady_timer(state_->executor, deadline), std::nullopt);
    state_->pending.emplace(number, pending);
    if (!state_->send(self, std::move(request), Loss::allowed)) {
        state_->pending.erase(number);
        co_return fail(Fault::unavailable, "{} is busy", state_->peer);
    }
    // A close in send() has answered already; its cancel came before anybody waited.
    if (!pending->answer) {
        asio::error_code ignored;
        co_await pending->bell.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    }
    state_->pending.erase(number);
    if (!pending->answer) co_return fail(Fault::unavailable, "{} did not answer in time", state_->peer);
    co_return std::move(*pending->answer);
}

void Wire::tell(Frame message)
{
    message.number = 0;
    if (is_open() && message.fits()) state_->send(shared_from_this(), std::move(message), Loss::never);
}

// False: too many frames wait already for one that may get lost. A closed wire is no failure here: shut()
// answers every pending request.
bool Wire::State::send(const std::shared_ptr<Wire>& self, Frame frame, Loss loss)
{
    if (!socket.is_open()) return false;
    if (outbox.empty()) {
        const auto passed = sys::send_frame(socket.native_handle(), frame);
        if (passed == Passed::whole) return true;
        if (passed != Passed::later) {
            shut();
            return true;
        }
    }
    if (loss == Loss::allowed && outbox.size() >= most_waiting_frames) return false;
    outbox.push_back(std::move(frame));
    if (pumping) return true;
    pumping = true;
    spawn(executor, pump(self), "pump to " + peer);
    return true;
}

asio::awaitable<void> Wire::State::pump(std::shared_ptr<Wire> self)
{
    asio::steady_timer pause(executor);
    asio::error_code error;
    while (!outbox.empty() && socket.is_open()) {
        co_await socket.async_wait(asio::posix::stream_descriptor::wait_write,
                                   asio::redirect_error(asio::use_awaitable, error));
        if (error || outbox.empty() || !socket.is_open()) break;
        const auto passed = sys::send_frame(socket.native_handle(), outbox.front());
        if (passed == Passed::whole) outbox.pop_front();
        if (passed == Passed::closed || passed == Passed::broken) shut();
        if (passed != Passed::later) continue;
        // Writable, yet not taken: too many descriptors in flight. Only time helps.
        pause.expires_after(std::chrono::milliseconds(2));
        co_await pause.async_wait(asio::redirect_error(asio::use_awaitable, error));
    }
    pumping = false;
    (void)self; // keeps this state alive until here
}

// No coroutine: its frame would be half of what an idle wire costs.
void Wire::State::listen(std::shared_ptr<Wire> self)
{
    socket.async_wait(asio::posix::stream_descriptor::wait_read,
                      [self = std::move(self)](const asio::error_code& error) {
                          auto& state = *self->state_;
                          if (error) return state.shut();
                          bool is_over = false; // a wire that an exception made deaf is none
                          contain("wire to " + state.peer, [&] {
                              state.read(self);
                              is_over = true;
                          });
                          if (!is_over) state.shut();
                      });
}

void Wire::State::read(std::shared_ptr<Wire> self)
{
    for (int taken = 1; socket.is_open(); ++taken) {
        Frame frame;
        const auto passed = sys::receive_frame(socket.native_handle(), frame);
        if (passed == Passed::broken) distrust("truncated, too large, or with too many descriptors");
        if (passed == Passed::closed) shut();
        if (passed != Passed::whole) break;
        take(self, std::move(frame));
        // Where nothing more can be under way, to look again would be in vain.
        if (taken == frames_in_a_row || !expects_more()) break;
    }
    if (socket.is_open()) listen(std::move(self));
}

void Wire::State::take(const std::shared_ptr<Wire>& self, Frame frame)
{
    if (!frame.answer) return begin(self, std::move(frame));
    const auto found = pending.find(frame.number);
    if (found == pending.end()) return; // its asker gave up
    if (frame.lacks_descriptors)
        found->second->answer = fail(Fault::unavailable, "too many files are open for what {} sent", peer);
    else if (frame.kind == 0)
        found->second->answer = std::unexpected(sys::decode_error(frame));
    else
        found->second->answer = std::move(frame);
    found->second->bell.cancel();
}

// What was told is never refused, for nobody would hear of it: a peer that floods us loses the wire.
void Wire::State::begin(const std::shared_ptr<Wire>& self, Frame request)
{
    const bool is_told = request.number == 0;
    if (request.lacks_descriptors) return refuse(self, request.number, "too many files are open");
    if (is_told && told >= most_told) return distrust("told more than can be done");
    const bool is_too_much = under_way >= most_requests || outbox.size() >= most_waiting_frames;
    if (!is_told && is_too_much) return refuse(self, request.number, "too much to do");
    ++(is_told ? told : under_way);
    spawn(executor, answer(self, std::move(request)), "request from " + peer);
}

asio::awaitable<void> Wire::State::answer(std::shared_ptr<Wire> self, Frame request)
{
    const auto number = request.number;
    struct Ended {
        std::size_t& under_way;
        ~Ended() { --under_way; }
    } const ended{number == 0 ? told : under_way};
    if (!handler) {
        sys::log(sys::Level::warning, "wire.unexpected", {{"peer", peer}, {"kind", request.kind}});
        co_return shut();
    }
    try {
        auto result = co_await handler(std::move(request));
        reply(self, number, std::move(result));
    } catch (...) { // a bug of ours; whoever asked is not left waiting
        reply(self, number, fail(Fault::internal, "a mistake in the program that was asked"));
        throw;
    }
}

void Wire::State::refuse(const std::shared_ptr<Wire>& self, std::uint32_t number, std::string_view why)
{
    reply(self, number, fail(Fault::unavailable, "{}", why), Loss::allowed); // nothing was done
}

void Wire::State::reply(const std::shared_ptr<Wire>& self, std::uint32_t number, Result<Frame> result,
                        Loss loss)
{
    if (!result && sys::is_bad_frame(result.error())) return distrust(result.error().text);
    if (number == 0) return; // told, not asked
    if (result && !result->fits()) result = fail(Fault::limit, "the answer is larger than one frame");
    auto frame = result ? std::move(*result) : sys::encode_error(result.error());
    frame.number = number;
    frame.answer = true;
    const bool sent = send(self, std::move(frame), loss);
    if (!sent && socket.is_open()) sys::log(sys::Level::warning, "wire.answer_lost", {{"peer", peer}});
}

void Wire::State::distrust(std::string_view why)
{
    if (socket.is_open()) sys::log(sys::Level::warning, "wire.bad_frame", {{"peer", peer}, {"what", why}});
    shut();
}

std::unexpected<Error> Wire::distrust(const Error& why)
{
    state_->distrust(why.text);
    return fail(Fault::unavailable, "{} broke the rules of its wire", peer());
}

void Wire::State::shut()
{
    if (!socket.is_open()) return;
    asio::error_code ignored;
    socket.close(ignored);
    outbox.clear();
    for (const auto& [number, each] : pending) {
        if (!each->answer) each->answer = fail(Fault::unavailable, "{} has gone", peer);
        each->bell.cancel();
    }
    for (const auto& call : std::exchange(when_closed, {}))
        call();
}

void Link::replace(std::shared_ptr<Wire> wire)
{
    auto* const end = wire.get();
    wire_ = end ? Hold(end, [kept = std::move(wire)](Wire*) { kept->close(); }) : nullptr;
}

bool Link::is_up() const
{
    return wire_ && wire_->is_open();
}

asio::awaitable<Result<Frame>> Link::ask(Frame request, std::chrono::milliseconds deadline)
{
    const auto wire = wire_; // replaced while we wait: this request stays with the wire it went out on
    if (!wire) co_return nobody();
    auto answer = co_await wire->ask(std::move(request), deadline);
    co_return answer;
}

std::unexpected<Error> Link::nobody()
{
    return fail(Fault::unavailable, "a program that is needed is not running");
}

void Link::tell(Frame message)
{
    if (wire_) wire_->tell(std::move(message));
}

} // namespace metka::net
