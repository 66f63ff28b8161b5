#pragma once
// One program of the engine while it runs: its process, and metkad's wire to it.

#include <memory>
#include <optional>
#include <string>

#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>
#include <asio/posix/stream_descriptor.hpp>

#include "core/base/clock.h"
#include "core/household/household.h"
#include "core/net/wire.h"
#include "daemon/metkad/engine/bell.h"
#include "daemon/metkad/engine/launch.h"
#include "daemon/metkad/engine/overheard.h"

namespace metka::metkad {

using household::Program;

class Process {
  public:
    // Launches it, serves its wire and reaps it; `when_ended` is called once, after its wire has been closed.
    // What it says until it has started is kept besides. `hears`: answers what the program asks us; null: it
    // has nothing to ask.
    static Result<std::shared_ptr<Process>> launch(const asio::any_io_executor& executor, Program program,
                                                   Launch launch, net::Wire::Handler hears,
                                                   std::function<void()> when_ended);
    Process(const asio::any_io_executor& executor, Program program, Child child, sys::Descriptor wire);

    Program program() const { return program_; }
    pid_t pid() const { return pid_; }
    std::string name() const { return household::executable(program_); }
    net::Wire& wire() const { return *wire_; }

    asio::awaitable<Result<net::Frame>> ask(net::Frame request, std::chrono::milliseconds patience);
    // For what must be served in the order in which it was asked, each after the answer to the one before.
    // `request` is called when its turn has come.
    asio::awaitable<Result<net::Frame>> ask_in_order(std::function<net::Frame()> request);
    // unavailable: it has owed the answer to the first of those for this long; how to replace it.
    Result<void> answers(std::chrono::milliseconds within) const;
    asio::awaitable<void> idle(Steady::time_point until); // returns when nothing asked is under way

    // Hands over what there is for it, then has it start. `until`: when it must be ready, and say that it
    // runs this generation. The fault says what it said, and how it ended: it has ended then.
    asio::awaitable<Result<void>> start(std::vector<net::Frame> gifts, std::uint64_t generation,
                                        Steady::time_point until);
    household::Started& started() { return started_; }
    Instant since() const { return since_; }
    std::chrono::seconds age() const; // since it was launched
    bool is_replaced_on_disk() const; // the file it runs from is no longer the one of its name

    bool has_ended() const { return status_.has_value(); }
    asio::awaitable<bool> ended(Steady::time_point until = without_end); // false: it is still there
    int status() const;            // of one that has ended: as of exit(3), or 128 + the signal's number
    std::string how_ended() const; // "signal 9", "exit status 70"
    void kill();

  private:
    struct Asking {
        Instant at = SystemClock().now();
        Steady::time_point from = Steady::now();
    };
    static asio::awaitable<void> watch(std::shared_ptr<Process> self, std::function<void()> when_ended);
    asio::awaitable<Result<household::Started>> furnish(std::vector<net::Frame> gifts,
                                                        Steady::time_point until);

    Program program_;
    pid_t pid_;
    asio::posix::stream_descriptor end_; // pidfd: readable when it has ended
    std::shared_ptr<net::Wire> wire_;
    std::shared_ptr<Overheard> overheard_;
    household::Started started_;
    Instant since_ = SystemClock().now();
    Steady::time_point launched_ = Steady::now();
    std::optional<Executable> executable_;
    std::string folder_;
    std::optional<int> status_; // as of waitpid(2)
    std::size_t under_way_ = 0;
    Turn in_order_;
    std::size_t orders_ = 0; // of ask_in_order, not yet answered
    Asking first_order_;     // of these
    Bell bell_;
};

} // namespace metka::metkad
