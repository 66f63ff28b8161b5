#pragma once
// A program of the engine as a process of its own, started as metkad starts it, with metkad played by the
// test.

#include <optional>
#include <string>
#include <string_view>

#include <sys/types.h>

#include "core/household/household.h"
#include "core/sys/frame.h"

namespace metka::household {

// One end of a wire, without an event loop and without manners. Nothing in here uses doctest: it also runs in
// a process that has confined itself.
class Peer {
  public:
    explicit Peer(sys::Descriptor wire) : wire_(std::move(wire)) {}

    // An Error too if the wire was closed, or nothing came in ten seconds.
    Result<sys::Frame> ask(sys::Frame request);
    template <class Message>
    Result<sys::Frame> ask(const Message& message, sys::Descriptor descriptor = {})
    {
        auto frame = sys::encode(message);
        frame.descriptors[0] = std::move(descriptor);
        return ask(std::move(frame));
    }
    int get() const { return wire_.get(); }

  private:
    sys::Descriptor wire_;
    std::uint32_t number_ = 0;
};

class ChildProcess {
  public:
    // `lock`: a file to be, which the process keeps open.
    ChildProcess(const char* program, std::string_view engine_file, const std::string& lock);
    ~ChildProcess(); // lets it drain for a moment, and kills it
    ChildProcess(const ChildProcess&) = delete;
    ChildProcess& operator=(const ChildProcess&) = delete;

    Peer& metkad() { return *metkad_; }
    void start();            // and requires that it serves
    int wait();              // until it has ended by itself: its exit status; -1: it does not end
    Peer meet(Program peer); // plays that peer, over a wire of its own

  private:
    std::optional<Peer> metkad_;
    pid_t process_ = -1;
};

sys::Descriptor sealed(std::string_view text);

} // namespace metka::household
