// STLS on port 110 (RFC 2595 §4): what was said in the clear counts for nothing under TLS.

#include <doctest/doctest.h>

#include "tests/dialogues/client.h"
#include "world.h"

using namespace metka;
using namespace metka::access::test;

namespace {

// A client of port 110 that can do TLS.
class TlsClient {
  public:
    explicit TlsClient(World& world)
        : server_(world, Line::clear), client_(server_.take_client(), [this] { server_.work(); })
    {
        CHECK(hear() == "+OK Metka ready");
    }

    std::string hear() { return client_.read_line().value_or("nothing"); }
    std::string say(std::string_view line)
    {
        client_.send(std::string(line) + "\r\n");
        return hear();
    }
    bool start_tls() { return say("STLS") == "+OK begin TLS" && client_.start_tls(); }
    dialogues::Client& client() { return client_; }

  private:
    Conversation server_;
    dialogues::Client client_;
};

} // namespace

TEST_CASE("who begins TLS on port 110 logs in as on 995")
{
    World world;
    world.box().add("Subject: a\n\nb\n");
    TlsClient client(world);
    REQUIRE(client.start_tls());
    CHECK(client.say("USER biuro@moja-firma.lublin.pl") == "+OK the password, please");
    CHECK(client.say("PASS sekret-biuro") == "+OK 1 messages (17 octets)");
    CHECK(client.say("QUIT") == "+OK goodbye");
}

TEST_CASE("nobody is asked about a password that came in the clear")
{
    World world;
    TlsClient client(world);
    client.say("USER biuro@moja-firma.lublin.pl");
    client.say("PASS sekret-biuro");
    client.say("AUTH PLAIN AGJpdXJvQG1vamEtZmlybWEubHVibGluLnBsAHNla3JldC1iaXVybw==");
    CHECK(world.book.asked.empty());
    REQUIRE(client.start_tls());
    CHECK(client.say("PASS sekret-biuro") == "-ERR USER comes before PASS");
    CHECK(world.book.asked.empty());
}

TEST_CASE("whatever a client sends behind STLS in the clear is never obeyed")
{
    for (const auto* const said : {"STLS\r\nQUIT\r\n", "STLS\r\n\r\n", "STLS\r\nSTLS\r\n", "STLS\r\n\x16"}) {
        CAPTURE(said);
        World world;
        TlsClient client(world);
        client.client().send(said);
        CHECK(client.hear() == "-ERR nothing may follow STLS before TLS is there");
        CHECK(client.client().is_closed());
    }
}

TEST_CASE("commands that come instead of the handshake end the session unanswered")
{
    World world;
    TlsClient client(world);
    CHECK(client.say("STLS") == "+OK begin TLS");
    CHECK(client.say("USER biuro@moja-firma.lublin.pl\r\nPASS sekret-biuro") == "nothing");
    CHECK(client.client().is_closed());
    CHECK(world.book.asked.empty());
}

TEST_CASE("errors in the clear count on under TLS")
{
    World world;
    world.limits.errors = 4;
    TlsClient client(world);
    client.say("XYZZY");
    client.say("PASS sekret-biuro");
    REQUIRE(client.start_tls());
    CHECK(client.say("XYZZY") == "-ERR unknown command");
    CHECK(client.say("XYZZY") == "-ERR too many errors");
}

TEST_CASE("the time until the log-in is one time, TLS or not")
{
    World world;
    world.limits.login = std::chrono::milliseconds::zero();
    TlsClient client(world);
    CHECK(client.say("CAPA") == "nothing");
}
