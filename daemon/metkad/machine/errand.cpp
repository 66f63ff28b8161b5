#include "daemon/metkad/machine/errand.h"

#include <cerrno>
#include <csignal>
#include <memory>
#include <thread>

#include <asio/any_io_executor.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <asio/redirect_error.hpp>
#include <asio/steady_timer.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>
#include <sys/wait.h>

namespace metka::metkad {

namespace {

// Ended and waited for whatever happens to who sent it; its wire is ours to read.
struct Sent {
    Sent(const asio::any_io_executor& loop, pid_t p, int wire_end) : pid(p), wire(loop, wire_end) {}
    Sent(const Sent&) = delete;
    Sent& operator=(const Sent&) = delete;
    // A process that waits for a file system of a user's own may not end even when it is killed: whoever
    // waits for that is not the event loop.
    ~Sent()
    {
        kill(pid, SIGKILL);
        if (waitpid(pid, nullptr, WNOHANG) != 0) return;
        std::thread([ended = pid] {
            while (waitpid(ended, nullptr, 0) < 0 && errno == EINTR) {
            }
        }).detach();
    }
    pid_t pid;
    asio::posix::stream_descriptor wire;
};

} // namespace

asio::awaitable<Result<net::Frame>> send_on_errand(Launch launch, std::chrono::seconds patience)
{
    auto ends = sys::make_wire();
    if (!ends) co_return pass(ends);
    launch.program = "metka-errand";
    launch.wire = ends->other.get();
    const auto child = metkad::launch(launch);
    if (!child) co_return pass(child);
    ends->other.reset(); // now its end is the only one: it closes when the errand ends

    const auto loop = co_await asio::this_coro::executor;
    const auto sent = std::make_shared<Sent>(loop, child->pid, ends->one.release());
    asio::steady_timer limit(loop, patience);
    limit.async_wait([late = std::weak_ptr(sent)](const asio::error_code& cancelled) {
        const auto still = late.lock();
        if (still && !cancelled) still->wire.cancel();
    });
    asio::error_code ignored;
    co_await sent->wire.async_wait(asio::posix::stream_descriptor::wait_read,
                                   asio::redirect_error(asio::use_awaitable, ignored));
    net::Frame answer;
    if (sys::receive_frame(sent->wire.native_handle(), answer) != sys::Passed::whole)
        co_return fail(
            Fault::unavailable,
            "metka-errand ended, or was ended after {} s, without an answer; its own message is in "
            "the log",
            patience.count());
    if (answer.kind == 0) co_return std::unexpected(sys::decode_error(answer));
    co_return answer;
}

} // namespace metka::metkad
