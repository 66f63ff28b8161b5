// When there are no descriptors left, a program is not started, somebody says so, and nothing is left over.

// UBSan looks whether an object's memory is there by making a pipe, and takes a process without descriptors
// for a bug.
#ifndef METKA_SANITIZED

#include <charconv>
#include <csignal>
#include <filesystem>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/metkad/engine/rehearsal.h"
#include "tests/unit/metkad/engine_room.h"

using namespace metka;
using namespace metka::metkad;
using namespace metka::metkad::test;

namespace {

constexpr int plenty = 100;

int highest_descriptor()
{
    int highest = 0;
    for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
        const auto name = entry.path().filename().string();
        int number = 0;
        std::from_chars(name.data(), name.data() + name.size(), number);
        highest = std::max(highest, number);
    }
    return highest;
}

// As long as it lives, this process can open so many descriptors and not one more.
class Scarcity {
  public:
    explicit Scarcity(int left)
    {
        const auto highest = highest_descriptor();
        getrlimit(RLIMIT_NOFILE, &before_);
        sys::Descriptor filling(open("/dev/null", O_RDONLY | O_CLOEXEC));
        while (filling.get() < highest) {
            fillings_.push_back(filling.duplicate());
            std::swap(filling, fillings_.back());
        }
        auto limit = before_;
        limit.rlim_cur = static_cast<rlim_t>(filling.get()) + static_cast<rlim_t>(left);
        REQUIRE(setrlimit(RLIMIT_NOFILE, &limit) == 0);
    }
    Scarcity(const Scarcity&) = delete;
    Scarcity& operator=(const Scarcity&) = delete;
    ~Scarcity() { setrlimit(RLIMIT_NOFILE, &before_); }

  private:
    rlimit before_{};
    std::vector<sys::Descriptor> fillings_;
};

bool is_a_child_left_to_reap()
{
    siginfo_t ended{};
    REQUIRE(waitid(P_ALL, 0, &ended, WEXITED | WNOHANG | WNOWAIT) == 0);
    return ended.si_pid != 0;
}

// Tries with ever more descriptors; how many are enough.
int restart_with_few(EngineRoom& room)
{
    const auto old = room.pid(Program::smtp);
    for (int left = 0; left < plenty; ++left) {
        CAPTURE(left);
        std::optional<Scarcity> scarcity(left);
        const auto fresh = room.run(room.household->restart(Program::smtp));
        scarcity.reset();
        if (fresh) return left; // the old one ends now
        CHECK_FALSE(is_a_child_left_to_reap());
        CHECK(room.pid(Program::smtp) == old);
    }
    FAIL("it was never started");
    return plenty;
}

} // namespace

TEST_CASE("a start for which there are not enough descriptors fails and leaves nothing behind")
{
    EngineRoom room;
    const auto escaped = net::escaped_exceptions();
    const auto enough = restart_with_few(room);
    CHECK(enough > 10);
    CHECK(net::escaped_exceptions() == escaped);
}

TEST_CASE("a program that died while there were no descriptors is started when there are some again")
{
    EngineRoom room;
    const auto enough = restart_with_few(room);
    room.until([&] { return !room.is(Program::smtp, "draining"); });
    const auto restarts = room.state(Program::smtp).restarts;
    room.lose(Program::smtp);
    std::optional<Scarcity> scarcity(enough - 1);
    room.until([&] { return room.state(Program::smtp, "waiting").restarts > restarts; });
    CHECK_FALSE(room.is(Program::smtp, "running"));
    scarcity.reset();
    room.until([&] { return room.is(Program::smtp, "running"); });
    CHECK_FALSE(is_a_child_left_to_reap());
}

TEST_CASE("a check for which there are not enough descriptors comes to its end, and to no consent")
{
    EngineRoom room;
    std::map<Program, Place> places;
    for (const auto& [program, engine] : engines(12))
        places[program] = {.engine = engine, .generation = 12};
    const auto escaped = net::escaped_exceptions();
    Result<void> checked = fail(Fault::internal, "not yet");
    int left = 0;
    for (; !checked && left < plenty; ++left) {
        CAPTURE(left);
        const Scarcity scarcity(left);
        checked = room.run(have_checked(places, room.folder.path()));
        CHECK_FALSE(is_a_child_left_to_reap());
        if (!checked) CHECK(checked.error().fault != Fault::internal);
    }
    CHECK(checked);
    CHECK(left > 10);
    CHECK(net::escaped_exceptions() == escaped);
}

#endif
