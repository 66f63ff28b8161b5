// A process is replaced by another, and its clients and peers lose nothing.

#include <doctest/doctest.h>

#include <csignal>

#include "tests/unit/metkad/engine_room.h"

using namespace metka;
using namespace metka::metkad;
using namespace metka::metkad::test;

namespace {

std::uint64_t number(pid_t pid)
{
    return static_cast<std::uint64_t>(pid);
}

settings::Settings smtp_at(const settings::ListenAddress& address)
{
    settings::Settings wanted;
    wanted.smtp_listen = {address};
    wanted.submission_listen = {};
    wanted.submissions_listen = {};
    wanted.pop3s_listen = {};
    return wanted;
}

} // namespace

TEST_CASE("a restarted program serves new clients, and the old one ends with its last client")
{
    EngineRoom room;
    const auto address = free_address();
    REQUIRE(room.listen(smtp_at(address)));
    const auto old = room.pid(Program::smtp);
    std::optional<Client> before(address);
    CHECK(before->line() == fmt::format("smtp {} {}", address.text(), old));

    const auto fresh = room.run(room.household->restart(Program::smtp));
    REQUIRE(fresh);
    CHECK(*fresh == room.pid(Program::smtp));
    CHECK(*fresh != old);
    CHECK(room.state(Program::smtp, "draining").pid == old);
    CHECK(before->echo("still there") == "still there");
    CHECK(room.report(Program::smtp).listeners == std::vector{"smtp " + address.text()});

    before.reset();
    room.until([&] { return !room.is(Program::smtp, "draining"); });
    Client after(address);
    CHECK(after.line() == fmt::format("smtp {} {}", address.text(), *fresh));
}

TEST_CASE("the peers of a restarted program have a wire to the new one")
{
    EngineRoom room;
    const auto fresh = room.run(room.household->restart(Program::auth));
    REQUIRE(fresh);
    for (const auto asks : {Program::smtp, Program::access}) {
        const auto auth = room.report_of_peer(asks, Program::auth);
        REQUIRE(auth);
        CHECK(auth->pid == number(*fresh));
    }
    const auto store = room.report_of_peer(Program::auth, Program::store);
    REQUIRE(store);
    CHECK(store->pid == number(room.pid(Program::store)));
    room.until([&] { return !room.is(Program::auth, "draining"); });
}

TEST_CASE("a program whose successor does not start goes on, with its wires")
{
    EngineRoom room;
    const auto old = room.pid(Program::store);
    const auto program = room.folder.file("metka-store");
    REQUIRE(unlink(program.c_str()) == 0);
    REQUIRE(symlink("/bin/false", program.c_str()) == 0);
    const auto fresh = room.run(room.household->restart(Program::store));
    REQUIRE_FALSE(fresh);
    CHECK(fresh.error().fault == Fault::unavailable);
    CHECK(fresh.error().text == "metka-store did not start: exit status 1");
    CHECK(room.pid(Program::store) == old);
    CHECK_FALSE(room.is(Program::store, "draining"));
    const auto peer = room.report_of_peer(Program::smtp, Program::store);
    REQUIRE(peer);
    CHECK(peer->pid == number(old));
}

TEST_CASE("what failed to start says why")
{
    EngineRoom room;
    const auto adopted = room.run(room.household->adopt(engines(12, Program::smtp, "start refuse\n"), 12));
    REQUIRE(adopted); // it runs already
    const auto old = room.pid(Program::smtp);
    const auto fresh = room.run(room.household->restart(Program::smtp));
    REQUIRE_FALSE(fresh);
    CHECK(fresh.error().text == "metka-smtp did not start: exit status 78; it said: there is no such folder");
    CHECK(room.report(Program::smtp).pid == number(old));
}

TEST_CASE("a restart while another is under way is refused")
{
    EngineRoom room;
    std::optional<Result<pid_t>> first;
    const auto restart = [&]() -> asio::awaitable<void> {
        first = co_await room.household->restart(Program::smtp);
    };
    net::spawn(room.loop.get_executor(), restart(), "restart");
    room.until([&] { return room.is(Program::smtp, "starting"); });
    const auto second = room.run(room.household->restart(Program::auth));
    REQUIRE_FALSE(second);
    CHECK(second.error().fault == Fault::unavailable);
    room.until([&] { return first.has_value(); });
    CHECK(*first);
    const auto third = room.run(room.household->restart(Program::auth));
    CHECK(third);
}

TEST_CASE("a restarted program that dies is started again while the old one still drains")
{
    EngineRoom room;
    const auto address = free_address();
    REQUIRE(room.listen(smtp_at(address)));
    const auto old = room.pid(Program::smtp);
    std::optional<Client> client(address);
    REQUIRE(!client->line().empty());
    REQUIRE(room.run(room.household->restart(Program::smtp)));
    room.lose(Program::smtp);
    room.until([&] { return room.is(Program::smtp, "running"); });
    CHECK(room.state(Program::smtp, "draining").pid == old);
    CHECK(client->echo("still there") == "still there");
    client.reset();
}

TEST_CASE("a program whose file was replaced is said to be upgraded until it is restarted")
{
    EngineRoom room;
    CHECK_FALSE(room.state(Program::smtp).is_replaced_on_disk);
    const auto program = room.folder.file("metka-smtp");
    REQUIRE(std::filesystem::remove(program));
    std::filesystem::copy_file(METKA_SCRIPTED, program);
    CHECK(room.state(Program::smtp).is_replaced_on_disk);
    REQUIRE(room.run(room.household->restart(Program::smtp)));
    CHECK_FALSE(room.state(Program::smtp).is_replaced_on_disk);
    CHECK_FALSE(room.state(Program::auth).is_replaced_on_disk);
}

TEST_CASE("what was asked of a program before it was replaced is answered by the one that was asked")
{
    EngineRoom room;
    const auto address = free_address();
    REQUIRE(room.listen(smtp_at(address)));
    const auto old = room.pid(Program::smtp);
    std::optional<Client> client(address);
    REQUIRE(!client->line().empty());
    std::optional<Result<scripted::Report>> answer;
    const auto ask = [&]() -> asio::awaitable<void> {
        answer = co_await room.household->ask_for<scripted::Report>(Program::smtp, scripted::AskLater{});
    };
    net::spawn(room.loop.get_executor(), ask(), "question");
    REQUIRE(room.run(room.household->restart(Program::smtp)));
    CHECK_FALSE(answer);
    CHECK(room.report(Program::smtp).pid != number(old));
    CHECK(client->echo("answer") == "answer");
    room.until([&] { return answer.has_value(); });
    REQUIRE(*answer);
    CHECK((*answer)->pid == number(old));
    client.reset();
}

TEST_CASE("a program that drains keeps a wire to those it asks, also when they are replaced")
{
    EngineRoom room;
    const auto address = free_address();
    REQUIRE(room.listen(smtp_at(address)));
    std::optional<Client> client(address);
    REQUIRE(!client->line().empty());
    REQUIRE(room.run(room.household->restart(Program::smtp)));
    CHECK(client->echo("store") == std::to_string(room.pid(Program::store)));
    const auto store = room.run(room.household->restart(Program::store));
    REQUIRE(store);
    room.until([&] { return !room.is(Program::store, "draining"); });
    CHECK(client->echo("store") == std::to_string(*store));
    client.reset();
}

TEST_CASE("stopping waits for a program that still drains")
{
    std::optional<EngineRoom> room(std::in_place);
    const auto address = free_address();
    REQUIRE(room->listen(smtp_at(address)));
    const auto old = room->pid(Program::smtp);
    std::optional<Client> client(address);
    REQUIRE(!client->line().empty());
    REQUIRE(room->run(room->household->restart(Program::smtp)));
    bool has_stopped = false;
    const auto stop = [&]() -> asio::awaitable<void> {
        co_await room->household->stop();
        has_stopped = true;
    };
    net::spawn(room->loop.get_executor(), stop(), "stop");
    room->until([&] { return !room->is(Program::smtp, "running"); });
    CHECK_FALSE(has_stopped);
    CHECK(room->state(Program::smtp, "draining").pid == old);
    CHECK(client->echo("still there") == "still there");
    client.reset();
    room->until([&] { return has_stopped; });
    CHECK(kill(old, 0) != 0);
    CHECK(room->is(Program::store, "stopped"));
}
