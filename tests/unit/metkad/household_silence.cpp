// A program that does not answer is left alone, is asked nothing more, and can be replaced.

#include <doctest/doctest.h>

#include <csignal>
#include <filesystem>

#include "tests/unit/metkad/engine_room.h"

using namespace metka;
using namespace metka::metkad;
using namespace metka::metkad::test;

namespace {

using settings::Settings;

Settings smtp_at(const settings::ListenAddress& address)
{
    Settings wanted;
    wanted.smtp_listen = {address};
    wanted.submission_listen = {};
    wanted.submissions_listen = {};
    wanted.pop3s_listen = {};
    return wanted;
}

std::size_t open_descriptors()
{
    const std::filesystem::directory_iterator all("/proc/self/fd");
    return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

// metka-smtp has had its 8 s.
void fall_silent(EngineRoom& room)
{
    const auto adopted = room.run(room.household->adopt(engines(12, Program::smtp, "adopt late\n"), 12));
    REQUIRE_FALSE(adopted);
    const auto returned = room.run(room.household->return_to(engines(11), 11));
    REQUIRE_FALSE(returned);
}

void wake(EngineRoom& room)
{
    REQUIRE(room.run(room.household->ask_for<household::Taken>(Program::smtp, scripted::Answer{})));
}

void check_refused(const Result<void>& result)
{
    REQUIRE_FALSE(result);
    CHECK(result.error().fault == Fault::unavailable);
    CHECK(result.error().text.starts_with("metka-smtp has not answered since 20"));
    CHECK(result.error().text.ends_with("Z; `metkactl engine restart smtp` replaces it"));
}

} // namespace

TEST_CASE("while a program owes an answer, all that it would have to take is refused at once")
{
    EngineRoom room;
    REQUIRE(room.listen(smtp_at(free_address())));
    fall_silent(room);
    const auto begun = Steady::now();
    check_refused(room.run(room.household->adopt(engines(13), 13)));
    check_refused(room.run(room.household->use_certificates(certificates({"mail.example.org"}))));
    auto change = bind_listeners(smtp_at(free_address()), room.household->listeners());
    REQUIRE(change);
    check_refused(room.run(room.household->give(std::move(change->added.front()))));
    check_refused(room.run(room.household->drop("smtp", room.household->listeners().front().address)));
    CHECK(Steady::now() - begun < std::chrono::seconds(8)); // which the first alone would have to wait
    CHECK(room.report(Program::store).generation == 11);
    CHECK(room.report(Program::store).adoptions == 2);

    wake(room);
    room.until([&] { return room.report(Program::smtp).listeners.empty(); });
    CHECK(room.report(Program::smtp).generation == 11);
    CHECK(room.report(Program::smtp).certificates.empty());
    CHECK(room.run(room.household->adopt(engines(13), 13)));
    CHECK(room.report(Program::smtp).generation == 13);
}

TEST_CASE("whatever a program missed while it owed an answer, it is told where all have returned to, once")
{
    EngineRoom room;
    fall_silent(room);
    const auto before = open_descriptors();
    for (std::uint64_t generation = 13; generation < 43; ++generation) {
        CHECK_FALSE(room.run(room.household->adopt(engines(99), 99)));
        check_refused(room.run(room.household->return_to(engines(generation), generation)));
    }
    CHECK(open_descriptors() == before);
    wake(room);
    room.until([&] { return room.report(Program::smtp).generation == 42; });
    CHECK(room.report(Program::smtp).adoptions == 2);
    CHECK(room.run(room.household->adopt(engines(43), 43)));
}

TEST_CASE("a program that answers nothing at all is replaced by a restart, and everything goes on")
{
    EngineRoom room;
    const auto address = free_address();
    REQUIRE(room.listen(smtp_at(address)));
    const auto hung = room.pid(Program::smtp);
    REQUIRE(kill(hung, SIGSTOP) == 0);
    CHECK_FALSE(room.run(room.household->adopt(engines(12), 12)));
    CHECK_FALSE(room.run(room.household->return_to(engines(11), 11)));
    check_refused(room.run(room.household->adopt(engines(13), 13)));
    CHECK(room.pid(Program::smtp) == hung);

    const auto fresh = room.run(room.household->restart(Program::smtp));
    REQUIRE(fresh);
    CHECK(room.report(Program::smtp).generation == 11);
    CHECK(room.run(room.household->adopt(engines(13), 13)));
    CHECK(room.report(Program::smtp).generation == 13);
    Client client(address);
    CHECK(client.line() == fmt::format("smtp {} {}", address.text(), *fresh));
    CHECK(room.state(Program::smtp, "draining").pid == hung);
    kill(hung, SIGKILL); // its 40 s are over
    room.until([&] { return !room.is(Program::smtp, "draining"); });
}

TEST_CASE("a program that says it runs another generation than it was given has not started")
{
    EngineRoom room;
    const auto adopted = room.run(room.household->adopt(engines(12, Program::smtp, "start stray\n"), 12));
    REQUIRE(adopted); // it runs already
    const auto old = room.pid(Program::smtp);
    const auto fresh = room.run(room.household->restart(Program::smtp));
    REQUIRE_FALSE(fresh);
    CHECK(fresh.error().fault == Fault::unavailable);
    CHECK(fresh.error().text == "metka-smtp did not start: it was given generation 12, and says that it runs "
                                "generation 99");
    CHECK(room.pid(Program::smtp) == old);
    CHECK_FALSE(room.is(Program::smtp, "starting"));
    CHECK(room.report(Program::smtp).generation == 12);
}
