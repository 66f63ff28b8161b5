// All programs change to another generation, or none does.

#include <doctest/doctest.h>

#include "daemon/metkad/engine/rehearsal.h"
#include "tests/unit/metkad/engine_room.h"

using namespace metka;
using namespace metka::metkad;
using namespace metka::metkad::test;

namespace {

constexpr std::array all{Program::store, Program::auth, Program::smtp, Program::access};

// Their places, as metkad has them checked before a switch.
std::map<Program, Place> places(const Engines& engines)
{
    std::map<Program, Place> places;
    for (const auto& [program, engine] : engines)
        places[program] = {.engine = engine, .generation = 12};
    return places;
}

void back(EngineRoom& room)
{
    const auto returned = room.run(room.household->return_to(engines(11), 11));
    REQUIRE(returned);
    for (const auto program : all)
        CHECK(room.report(program).generation == 11);
}

} // namespace

TEST_CASE("a generation is adopted by all programs, and their processes stay")
{
    EngineRoom room;
    const auto smtp = room.pid(Program::smtp);
    const auto adopted = room.run(room.household->adopt(engines(12), 12));
    REQUIRE(adopted);
    for (const auto program : all) {
        CHECK(room.report(program).generation == 12);
        CHECK(room.state(program).generation == 12);
    }
    CHECK(room.pid(Program::smtp) == smtp);
    room.lose(Program::smtp);
    room.until([&] { return room.is(Program::smtp, "running"); });
    CHECK(room.report(Program::smtp).generation == 12);
}

TEST_CASE("a program that refuses a generation is named with its own words, and all return")
{
    EngineRoom room;
    const auto adopted = room.run(room.household->adopt(engines(12, Program::smtp, "adopt refuse\n"), 12));
    REQUIRE_FALSE(adopted);
    CHECK(adopted.error().fault == Fault::invalid);
    CHECK(adopted.error().text == "metka-smtp refuses generation 12: engine file line 3: so not");
    back(room);
}

TEST_CASE("a program that dies while it takes a generation is started again under the one before")
{
    EngineRoom room;
    const auto adopted = room.run(room.household->adopt(engines(12, Program::auth, "adopt die\n"), 12));
    REQUIRE_FALSE(adopted);
    CHECK(adopted.error().text == "metka-auth died (exit status 70) while taking generation 12");
    const auto returned = room.run(room.household->return_to(engines(11), 11));
    REQUIRE(returned);
    room.until([&] { return room.is(Program::auth, "running"); });
    for (const auto program : all)
        CHECK(room.report(program).generation == 11);
}

TEST_CASE("a program that answers too late ends under the generation that was returned to")
{
    EngineRoom room;
    const auto adopted = room.run(room.household->adopt(engines(12, Program::smtp, "adopt late\n"), 12));
    REQUIRE_FALSE(adopted);
    CHECK(adopted.error().fault == Fault::unavailable);
    CHECK(adopted.error().text == "metka-smtp did not answer within 8 s");
    const auto returned = room.run(room.household->return_to(engines(11), 11));
    REQUIRE_FALSE(returned);
    CHECK(returned.error().text == "metka-smtp did not answer within 2 s");
    CHECK(room.report(Program::store).generation == 11);

    const auto woken = room.run(room.household->ask_for<household::Taken>(Program::smtp, scripted::Answer{}));
    REQUIRE(woken);
    room.until([&] { return room.report(Program::smtp).adoptions == 2; });
    CHECK(room.report(Program::smtp).generation == 11);
}

TEST_CASE("a program that is not running is started under the new generation at once")
{
    EngineRoom room;
    const auto before = room.pid(Program::store);
    room.lose(Program::store);
    const auto adopted = room.run(room.household->adopt(engines(12), 12));
    REQUIRE(adopted);
    CHECK(room.is(Program::store, "running"));
    CHECK(room.pid(Program::store) != before);
    CHECK(room.report(Program::store).generation == 12);
    const auto peer = room.report_of_peer(Program::smtp, Program::store);
    REQUIRE(peer);
    CHECK(peer->pid == static_cast<std::uint64_t>(room.pid(Program::store)));
}

TEST_CASE("a generation under which a program does not start is not adopted, and its last words are told")
{
    EngineRoom room;
    room.lose(Program::access);
    const auto adopted = room.run(room.household->adopt(engines(12, Program::access, "start refuse\n"), 12));
    REQUIRE_FALSE(adopted);
    CHECK(adopted.error().text ==
          "metka-access did not start: exit status 78; it said: there is no such folder");
    const auto returned = room.run(room.household->return_to(engines(11), 11));
    REQUIRE(returned);
    room.until([&] { return room.is(Program::access, "running"); });
    back(room);
}

TEST_CASE("what a program's keeper starts and what a switch starts is one process")
{
    EngineRoom room;
    room.lose(Program::smtp);
    room.until([&] { return room.is(Program::smtp, "starting"); }); // its keeper has the turn
    const auto adopted = room.run(room.household->adopt(engines(12), 12));
    REQUIRE(adopted);
    CHECK(room.report(Program::smtp).generation == 12);
    CHECK(room.state(Program::smtp).restarts == 1);
}

TEST_CASE("engine files are checked by their programs without a path")
{
    const EngineRoom room;
    const auto fine = have_checked_now(places(engines(12)), room.folder.path());
    CHECK(fine);
    const auto wrong = engines(12, Program::smtp, "check refuse\n");
    const auto refused = have_checked_now(places(wrong), room.folder.path());
    REQUIRE_FALSE(refused);
    CHECK(refused.error().fault == Fault::invalid);
    CHECK(refused.error().text ==
          "metka-smtp refuses its configuration (exit status 78): metka-smtp.yaml:3: so not");
}

TEST_CASE("a check that does not end is ended, and the loop goes on meanwhile")
{
    EngineRoom room;
    auto wrong = places(engines(12, Program::store, "check hang\n"));
    std::optional<Result<void>> checked;
    const auto check = [&]() -> asio::awaitable<void> {
        checked = co_await have_checked(std::move(wrong), room.folder.path());
    };
    net::spawn(room.loop.get_executor(), check(), "check");
    CHECK(room.report(Program::smtp).generation == 11);
    CHECK_FALSE(checked);
    room.until([&] { return checked.has_value(); });
    REQUIRE_FALSE(*checked);
    CHECK(checked->error().text == "metka-store did not finish checking within 8 s");
}
