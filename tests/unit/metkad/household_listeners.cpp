// Listeners that stay are never closed; others come, go and move while clients are connected.

#include <doctest/doctest.h>

#include "tests/unit/metkad/engine_room.h"

using namespace metka;
using namespace metka::metkad;
using namespace metka::metkad::test;

namespace {

using settings::ListenAddress;
using settings::Settings;

Settings nothing()
{
    Settings wanted;
    wanted.smtp_listen = {};
    wanted.submission_listen = {};
    wanted.submissions_listen = {};
    wanted.pop3s_listen = {};
    return wanted;
}

Settings with(std::vector<ListenAddress> Settings::* service, std::vector<ListenAddress> addresses)
{
    auto wanted = nothing();
    wanted.*service = std::move(addresses);
    return wanted;
}

std::string greeted(const ListenAddress& address)
{
    Client client(address);
    const auto line = client.line();
    return line.substr(0, line.rfind(' '));
}

} // namespace

TEST_CASE("a listener that stays keeps its socket and its clients while others come and go")
{
    EngineRoom room;
    const auto stays = free_address();
    REQUIRE(room.listen(with(&Settings::smtp_listen, {stays})));
    const auto socket = room.household->listeners().front().socket.get();
    Client client(stays);
    REQUIRE(client.line() == fmt::format("smtp {} {}", stays.text(), room.pid(Program::smtp)));

    const auto comes = free_address();
    REQUIRE(room.listen(with(&Settings::smtp_listen, {stays, comes})));
    CHECK(greeted(comes) == "smtp " + comes.text());
    Client of_other(comes);
    REQUIRE(!of_other.line().empty());

    REQUIRE(room.listen(with(&Settings::smtp_listen, {stays})));
    CHECK_FALSE(Client(comes).is_connected());
    CHECK(of_other.echo("still there") == "still there");
    CHECK(client.echo("and I") == "and I");
    CHECK(room.household->listeners().front().socket.get() == socket);
}

TEST_CASE("a program that is started again gets the listeners that there are by then")
{
    EngineRoom room;
    const auto first = free_address();
    const auto second = free_address();
    REQUIRE(room.listen(with(&Settings::smtp_listen, {first})));
    REQUIRE(room.listen(with(&Settings::smtp_listen, {second})));
    room.lose(Program::smtp);
    room.until([&] { return room.is(Program::smtp, "running"); });
    CHECK(room.report(Program::smtp).listeners == std::vector{"smtp " + second.text()});
    CHECK(greeted(second) == "smtp " + second.text());
}

TEST_CASE("an address goes from one service to another, also of another program, with its socket")
{
    EngineRoom room;
    const auto address = free_address();
    REQUIRE(room.listen(with(&Settings::submission_listen, {address})));
    Client client(address);
    REQUIRE(!client.line().empty());
    REQUIRE(room.listen(with(&Settings::smtp_listen, {address})));
    CHECK(greeted(address) == "smtp " + address.text());
    REQUIRE(room.listen(with(&Settings::pop3s_listen, {address})));
    CHECK(greeted(address) == "pop3s " + address.text());
    CHECK(client.echo("still there") == "still there");
    CHECK(room.household->listeners().size() == 1);
}

TEST_CASE("a listener of every address becomes one of a single address, and the other way round")
{
    EngineRoom room;
    const auto one = free_address();
    const ListenAddress every{.host = "*", .port = one.port};
    REQUIRE(room.listen(with(&Settings::smtp_listen, {every})));
    CHECK(greeted(one) == "smtp " + every.text());
    REQUIRE(room.listen(with(&Settings::smtp_listen, {one})));
    CHECK(greeted(one) == "smtp " + one.text());
    REQUIRE(room.listen(with(&Settings::smtp_listen, {every})));
    CHECK(greeted(one) == "smtp " + every.text());
}

TEST_CASE("until a new listener is given, its clients reach the one that it overlaps")
{
    EngineRoom room;
    const auto one = free_address();
    const ListenAddress every{.host = "*", .port = one.port};
    REQUIRE(room.listen(with(&Settings::smtp_listen, {every})));
    const auto change = bind_listeners(with(&Settings::smtp_listen, {one}), room.household->listeners());
    REQUIRE(change);
    REQUIRE(change->added.size() == 1);
    REQUIRE(change->dropped.size() == 1);
    CHECK(greeted(one) == "smtp " + every.text());
}

TEST_CASE("an address that another program has is refused, and nothing has been bound")
{
    EngineRoom room;
    EngineRoom other;
    const auto mine = free_address();
    const auto taken = free_address();
    REQUIRE(other.listen(with(&Settings::smtp_listen, {taken})));
    REQUIRE(room.listen(with(&Settings::smtp_listen, {mine})));
    const auto both = bind_listeners(with(&Settings::smtp_listen, {mine, free_address(), taken}),
                                     room.household->listeners());
    REQUIRE_FALSE(both);
    CHECK(both.error().fault == Fault::conflict);
    CHECK(both.error().field == "smtp.listen");
    CHECK(greeted(mine) == "smtp " + mine.text());
    CHECK(greeted(taken) == "smtp " + taken.text());
}

TEST_CASE("a listener that its program refuses is not kept")
{
    EngineRoom room(engines(first_generation, Program::smtp, "listener refuse\n"));
    const auto address = free_address();
    const auto given = room.listen(with(&Settings::smtp_listen, {address}));
    REQUIRE_FALSE(given);
    CHECK(given.error().text == fmt::format("metka-smtp refuses smtp {}: no listener today", address.text()));
    CHECK(room.household->listeners().empty());
    CHECK_FALSE(Client(address).is_connected());
}

TEST_CASE("a listener that is taken too late is taken away again")
{
    EngineRoom room(engines(first_generation, Program::smtp, "listener late\n"));
    const auto address = free_address();
    const auto given = room.listen(with(&Settings::smtp_listen, {address}));
    REQUIRE_FALSE(given);
    CHECK(given.error().text == "metka-smtp did not answer within 8 s");
    REQUIRE(room.run(room.household->ask_for<household::Taken>(Program::smtp, scripted::Answer{})));
    REQUIRE(room.run(room.household->return_to(engines(11), 11)));
    CHECK(room.report(Program::smtp).listeners.empty());
    CHECK_FALSE(Client(address).is_connected());
}

TEST_CASE("certificates reach the programs with listeners, and those that are started later")
{
    EngineRoom room;
    REQUIRE(room.listen(with(&Settings::smtp_listen, {free_address()})));
    REQUIRE(room.run(room.household->use_certificates(certificates({"mail.example.org"}))));
    CHECK(room.report(Program::smtp).certificates == "mail.example.org ");
    CHECK(room.report(Program::store).certificates.empty());
    room.lose(Program::smtp);
    room.until([&] { return room.is(Program::smtp, "running"); });
    CHECK(room.report(Program::smtp).certificates == "mail.example.org ");
    auto both = with(&Settings::pop3s_listen, {free_address()});
    REQUIRE(room.listen(both));
    CHECK(room.report(Program::access).certificates == "mail.example.org ");
}

TEST_CASE("certificates that one program refuses are used by none")
{
    EngineRoom room;
    auto wanted = with(&Settings::smtp_listen, {free_address()});
    wanted.pop3s_listen = {free_address()};
    REQUIRE(room.listen(wanted));
    REQUIRE(room.run(room.household->use_certificates(certificates({"old.example.org"}))));
    REQUIRE(room.run(room.household->adopt(engines(12, Program::access, "certificates refuse\n"), 12)));
    const auto taken = room.run(room.household->use_certificates(certificates({"new.example.org"})));
    REQUIRE_FALSE(taken);
    CHECK(taken.error().text == "metka-access refuses its certificates: the key is another's");
    // It may have been asked before the refusal came, and answers in its own time.
    room.until([&] { return room.report(Program::smtp).certificates == "old.example.org "; });
    CHECK(room.report(Program::access).certificates == "old.example.org ");
}
