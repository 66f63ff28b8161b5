#pragma once
// What household*.cpp share: one program of the household, whichever processes it has.

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "daemon/metkad/engine/household.h"
#include "daemon/metkad/engine/process.h"

namespace metka::metkad {

struct Household::Member {
    // In which a program that is well answers. What it was asked meanwhile may wait behind that.
    static constexpr auto moment = std::chrono::seconds(2);

    Member(const asio::any_io_executor& executor, Program p) : program(p), bell(executor) {}

    bool is_running() const { return current && !current->has_ended(); }
    // unavailable: it runs, and has not answered what it was asked before.
    Result<void> answers() const { return is_running() ? current->answers(moment) : Result<void>{}; }

    Program program;
    net::Wire::Handler hears;        // what it asks us
    Running current;                 // the one that serves; none before it has started and after it has died
    Running starting;                // to become it
    std::vector<Running> draining;   // were it; each ends in its own time
    std::string without = "stopped"; // its state while there is no process
    std::uint64_t restarts = 0;
    std::weak_ptr<Question> returning; // the last that return_to() asked
    Bell bell;                         // its keeper's: a process ended or was replaced, a pause is over
};

struct Household::Question {
    Running process;
    net::Frame frame;
    std::string what;             // “generation 12”
    std::uint64_t generation = 0; // what it answers to have adopted; 0: it only takes something
    bool is_asked = false;        // until then it may still become another question
};

struct Household::Round {
    Round(asio::any_io_executor e, Steady::time_point t) : executor(std::move(e)), until(t), bell(executor) {}

    static std::shared_ptr<Question> put(const std::shared_ptr<Round>& self, Question question);
    void refuse(Fault by, std::string why);
    bool is_decided() const { return !starting && (waiting.empty() || !refusals.empty()); }
    asio::awaitable<Result<void>> result();

    asio::any_io_executor executor;
    Steady::time_point until;
    std::vector<std::string> waiting; // names of those that have not answered
    std::vector<std::string> refusals;
    Fault fault = Fault::unavailable;
    bool starting = false; // some are being started, which has its own end
    Bell bell;

  private:
    Steady::time_point begun_ = Steady::now();
    static asio::awaitable<void> ask(std::shared_ptr<Round> self, std::shared_ptr<Question> question);
};

} // namespace metka::metkad
