#pragma once
// A household of scripted programs (scripted/frames.h), with the test in metkad's place.

#include <optional>
#include <string>
#include <string_view>

#include <asio/io_context.hpp>

#include "core/net/spawn.h"
#include "daemon/metkad/engine/household.h"
#include "daemon/metkad/engine/listeners.h"
#include "tests/unit/directory/folder.h"
#include "tests/unit/metkad/scripted/frames.h"

namespace metka::metkad::test {

constexpr std::uint64_t first_generation = 11;

// Scripts of all four for one generation; `more` is one program's besides.
Engines engines(std::uint64_t generation);
Engines engines(std::uint64_t generation, Program program, std::string_view more);

sys::Descriptor certificates(std::vector<std::string> hosts);
settings::ListenAddress free_address(); // of this machine; nobody listens there now

class EngineRoom {
  public:
    explicit EngineRoom(Engines engines = test::engines(first_generation));
    ~EngineRoom(); // everything ends, and within its time

    template <class T>
    T run(asio::awaitable<T> task)
    {
        std::optional<T> result;
        net::spawn(loop.get_executor(), note(std::move(task), result), "test");
        until([&] { return result.has_value(); });
        return std::move(*result);
    }
    void until(const std::function<bool()>& predicate); // fails the test after a minute

    ProgramState state(Program program, std::string_view state = "running") const;
    bool is(Program program, std::string_view state) const;
    pid_t pid(Program program) const { return state(program).pid; }
    scripted::Report report(Program program);
    Result<scripted::Report> report_of_peer(Program asks, Program answers);
    // Binds and gives what is missing of these, and drops the rest.
    Result<void> listen(const settings::Settings& wanted);
    void lose(Program program); // kill -9

    TestFolder folder;
    asio::io_context loop{1};
    std::optional<Household> household;

  private:
    template <class T>
    static asio::awaitable<void> note(asio::awaitable<T> task, std::optional<T>& into)
    {
        into = co_await std::move(task);
    }
    asio::awaitable<bool> stop();
};

// One client of a listener.
class Client {
  public:
    explicit Client(const settings::ListenAddress& address);
    bool is_connected() const { return connected_; }
    std::string line();                        // "" if none came in ten seconds
    std::string echo(const std::string& line); // what comes back

  private:
    sys::Descriptor socket_;
    bool connected_ = false;
};

} // namespace metka::metkad::test
