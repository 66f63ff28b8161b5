#include "daemon/auth/write_behind.h"

#include <atomic>
#include <thread>

#include <asio/io_context.hpp>
#include <doctest/doctest.h>

#include "core/net/spawn.h"

using namespace metka;
using namespace metka::auth;
using namespace std::chrono_literals;

namespace {

// A number, on a slow disk.
struct Tally final : WrittenBook {
    bool has_unsaved() const override { return unsaved > 0; }
    Page take_unsaved() override
    {
        const int taken = std::exchange(unsaved, 0);
        return {.write = [this, taken] { return write(taken); },
                .give_back = [this, taken](const Error&) { unsaved += taken; }};
    }
    Result<void> write(int taken)
    {
        std::this_thread::sleep_for(20ms);
        if (faults.fetch_sub(1) > 0) return fail(Fault::io, "the disk is full");
        kept += taken;
        return {};
    }
    std::function<void()> read_again() override
    {
        return [] {};
    }

    int unsaved = 0;
    std::atomic<int> kept = 0;
    std::atomic<int> faults = 0; // to come
};

struct Desk {
    void hand_over(int noted)
    {
        tally.unsaved = noted;
        net::spawn(loop.get_executor(), written.save(), "a tally");
        loop.poll();
        CHECK(tally.unsaved == 0);
    }

    asio::io_context loop;
    Tally tally;
    WriteBehind written{loop.get_executor(), tally};
};

} // namespace

TEST_CASE("what is being written when the program ends is there before it has ended")
{
    Desk desk;
    desk.hand_over(3);
    desk.written.stop();
    CHECK(desk.tally.kept == 3);
}

TEST_CASE("what could not be written is tried once more when the program ends, with what came since")
{
    Desk desk;
    desk.tally.faults = 1;
    desk.hand_over(3);
    desk.tally.unsaved += 4;
    desk.written.stop();
    CHECK(desk.tally.kept == 7);
    desk.loop.restart();
    desk.loop.run(); // whoever had it written hears of it, and does nothing twice
    CHECK(desk.tally.kept == 7);
    CHECK(desk.tally.unsaved == 0);
}

TEST_CASE("what is on its way is kept or unsaved again before anything is read")
{
    for (const int faults : {0, 1}) {
        Desk desk;
        desk.tally.faults = faults;
        desk.hand_over(3);
        CHECK(desk.written.is_catching_up());
        desk.written.finish_writing();
        CHECK(desk.tally.kept + desk.tally.unsaved == 3);
        CHECK(desk.tally.unsaved == 3 * faults);
    }
}

TEST_CASE("what is noted after the end has begun is written at once")
{
    Desk desk;
    desk.tally.unsaved = 1;
    desk.written.noted();
    CHECK(desk.tally.kept == 0);
    desk.written.stop();
    CHECK(desk.tally.kept == 1);
    desk.tally.unsaved = 2;
    desk.written.noted();
    CHECK(desk.tally.kept == 3);
}
