#pragma once
// Starting, watching, replacing and stopping the programs of the engine, and every wire between them.
//
// A program that dies is started again (after 0.1 s, then twice as long each time, up to 30 s; at once again
// after it has lived a minute). The listening sockets stay open here, so nobody is refused meanwhile.
//
// Whatever starts a program or changes what is in force (the keeper of one that died, adopt, return_to,
// restart, use_certificates, give, drop, stop) has its turn, one after the other in the order of asking.
// Times are counted from then on. Nothing that is asked of one program in these ways overtakes another.
//
// Nobody kills a program that does not answer: one whose disk hangs for 10 s would lose its sessions. Until
// it answers, adopt, use_certificates and give ask nobody and refuse at once; restart() replaces it.

#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <asio/awaitable.hpp>
#include <asio/io_context.hpp>
#include <sys/types.h>

#include "core/base/clock.h"
#include "core/household/household.h"
#include "core/net/wire.h"
#include "core/settings/settings.h"
#include "core/sys/confine.h"
#include "core/sys/descriptor.h"
#include "daemon/metkad/engine/bell.h"

namespace metka::metkad {

using household::Program;

class Process;

struct Listener {
    Program program = Program::smtp;
    std::string name; // "smtp", "submission", "submissions", "pop3s", "pop3"
    settings::ListenAddress address;
    sys::Descriptor socket;
};

// What a program is started with.
struct Place {
    std::string engine; // the content of its engine file
    std::uint64_t generation = 0;
    std::optional<sys::Identity> identity; // none: an instance run without root
};
using Engines = std::map<Program, std::string>; // contents of engine files

struct Furnishing {
    std::map<Program, Place> places;
    std::vector<Listener> listeners;
    sys::Descriptor certificates; // a household::CertificateSet in sealed memory; none: no TLS
    sys::Descriptor lock;
    std::string folder; // where the programs lie; empty: beside metkad
};

struct ProgramState {
    std::string name;
    std::string state; // "running", "starting", "draining", "waiting", "stopped"
    pid_t pid = 0;
    std::uint64_t restarts = 0;
    std::uint64_t generation = 0;
    std::vector<std::string> missing;
    std::optional<Instant> started = {};
    bool is_replaced_on_disk = false; // upgraded: the new one runs after a restart
};

class Household {
  public:
    Household(asio::io_context& loop, Furnishing furnishing);
    ~Household();

    // One after the other. A program that ends before it is ready fails this with its exit status and what it
    // said; the caller then stops the rest and gives up.
    asio::awaitable<Result<void>> start();
    // Listeners first, then who they asked; each in its own time, at most 35 s. So do those still draining.
    asio::awaitable<void> stop();
    asio::awaitable<Result<net::Frame>> ask(Program program, net::Frame request);
    // Answers what the program asks us from its next start on; others have nothing to ask.
    void hear(Program program, net::Wire::Handler handler);
    std::vector<ProgramState> states() const; // a program that is being replaced has two

    // All change to this generation, within 8 s; one that is not running is started under it. A fault says
    // who does not and why; those that died are started under the one before, return_to() tells the others.
    asio::awaitable<Result<void>> adopt(Engines engines, std::uint64_t generation);
    // After a switch that failed: this generation is in force, whatever happens. Whoever has not answered
    // after 2 s (the fault names them) is told, the newest only, when it has answered what came before.
    asio::awaitable<Result<void>> return_to(Engines engines, std::uint64_t generation);

    // For the programs that have listeners, within 8 s. After a fault all have those from before.
    asio::awaitable<Result<void>> use_certificates(sys::Descriptor certificates);
    sys::Descriptor certificates() const; // those in use; of its own
    std::span<const Listener> listeners() const;
    // Listens there and hands it over, within 8 s. After a fault it is as if it had not been asked for.
    asio::awaitable<Result<void>> give(Listener listener);
    // It is ours no longer even after a fault, which says that its program may still have it.
    asio::awaitable<Result<void>> drop(std::string name, settings::ListenAddress address);

    // A new process in the place of the one that runs, which drains (at most 35 s). unavailable: it did not
    // start (with what it said), and the old one goes on with its wires; or another restart is under way.
    asio::awaitable<Result<pid_t>> restart(Program program);

    template <class Reply, class Request>
    asio::awaitable<Result<Reply>> ask_for(Program program, Request request)
    {
        const auto answer = co_await ask(program, sys::encode(request));
        if (!answer) co_return pass(answer);
        co_return sys::decode<Reply>(*answer);
    }

  private:
    struct Member;
    struct Introduction; // one wire between two programs, not yet handed over
    struct Round;        // one question to several programs
    struct Question;
    using Running = std::shared_ptr<Process>;
    using Places = std::map<Program, Place>;

    asio::awaitable<Result<void>> begin(Member& member, const Place& place, Steady::time_point until);
    Result<Running> launch(Member& member, const Place& place);
    std::vector<net::Frame> gifts(Program program) const;
    std::vector<Introduction> introduce(Program newcomer, std::vector<net::Frame>& gifts);
    asio::awaitable<void> keep(Member& member);
    asio::awaitable<void> retire(Member& member, Running old);
    asio::awaitable<void> dismiss(std::vector<Program> programs);

    Result<Places> places_with(Engines engines, std::uint64_t generation) const;
    static Result<Question> adoption(const Member& member, const Place& place);
    Result<void> put_adopt(const Places& places, const std::shared_ptr<Round>& round);
    Result<void> put_return(Member& member, const std::shared_ptr<Round>& round);
    asio::awaitable<void> start_missing(const Places& places, std::shared_ptr<Round> round);
    asio::awaitable<Result<void>> hand_out(const sys::Descriptor& certificates, Steady::time_point until);
    asio::awaitable<Result<void>> ask_one(Program program, net::Frame frame, std::string what,
                                          Steady::time_point until);
    bool has_listeners(Program program) const;
    Member& member(Program program);

    asio::io_context& loop_;
    Furnishing furnishing_;
    std::vector<std::unique_ptr<Member>> members_; // in the order they are started
    Turn turn_;
    bool restarting_ = false;
    bool stopping_ = false;
};

} // namespace metka::metkad
