#pragma once
// Starting, watching and stopping the programs of the engine, and every wire between them.
//
// A program that dies is started again (after 0.1 s, then twice as long each time, up to 30 s; at once again
// after it has lived a minute). The listening sockets stay open here, so nobody is refused meanwhile.

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <asio/awaitable.hpp>
#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>
#include <sys/types.h>

#include "core/household/household.h"
#include "core/net/wire.h"
#include "core/sys/confine.h"
#include "core/sys/descriptor.h"

namespace metka::metkad {

using household::Program;

struct Listener {
    Program program = Program::smtp;
    std::string name; // "smtp", "submission", "submissions", "pop3s"
    sys::Descriptor socket;
};

struct Certificate {
    sys::Descriptor chain; // sealed memory, PEM
    sys::Descriptor key;
};

// What a program is started with.
struct Place {
    std::string engine_file;
    std::optional<sys::Identity> identity; // none: an instance run without root
};

struct Furnishing {
    std::map<Program, Place> places;
    std::vector<Listener> listeners;
    std::optional<Certificate> certificate; // for the programs that have listeners
    sys::Descriptor lock;
};

struct ProgramState {
    std::string name;
    std::string state; // "running", "starting", "waiting", "stopped"
    pid_t pid = 0;
    std::uint64_t restarts = 0;
    std::uint64_t generation = 0;
    std::vector<std::string> missing;
};

class Household {
  public:
    Household(asio::io_context& loop, Furnishing furnishing);
    ~Household();

    // Starts them one after the other. A program that ends before it is ready fails this with its exit
    // status; the caller then stops the rest and gives up.
    asio::awaitable<Result<void>> start();
    asio::awaitable<void> stop(); // listeners first, then who they asked; each in its own time, at most 35 s
    asio::awaitable<Result<net::Frame>> ask(Program program, net::Frame request);
    std::vector<ProgramState> states() const;

    template <class Reply, class Request>
    asio::awaitable<Result<Reply>> ask_for(Program program, Request request)
    {
        const auto answer = co_await ask(program, sys::encode(request));
        if (!answer) co_return pass(answer);
        co_return sys::decode<Reply>(*answer);
    }

  private:
    struct Member;
    asio::awaitable<Result<void>> begin(Member& member);
    asio::awaitable<void> keep(Member& member);
    asio::awaitable<int> ended(Member& member);
    asio::awaitable<void> dismiss(std::vector<Program> programs);
    void furnish(Member& member);
    void connect(Member& member);
    Member& member(Program program);

    asio::io_context& loop_;
    Furnishing furnishing_;
    std::vector<std::unique_ptr<Member>> members_; // in the order they are started
    bool stopping_ = false;
};

} // namespace metka::metkad
