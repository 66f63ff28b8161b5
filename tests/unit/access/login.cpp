// AUTHORIZATION: who is let in, what everybody else is told, and how long that is put up with.

#include <doctest/doctest.h>

#include "core/wire/base64.h"
#include "world.h"

using namespace metka;
using namespace metka::access::test;
using namespace std::string_literals;

namespace {

std::string plain(std::string_view authzid, std::string_view authcid, std::string_view secret)
{
    return wire::encode_base64(std::string(authzid) + '\0' + std::string(authcid) + '\0' +
                               std::string(secret));
}

std::string repeated(std::string_view text, std::size_t times)
{
    std::string all;
    for (; times > 0; --times)
        all += text;
    return all;
}

constexpr std::string_view wrong = "-ERR [AUTH] unknown user or wrong password\r\n";

} // namespace

TEST_CASE("the greeting comes first, and unasked")
{
    World world;
    Conversation client(world);
    CHECK(client.listen() == "+OK Metka ready\r\n");
}

TEST_CASE("USER says the same of a name that exists and of one that does not")
{
    World world;
    Conversation client(world);
    client.listen();
    const auto known = client.say("USER biuro@moja-firma.lublin.pl\r\n");
    CHECK(known.starts_with("+OK"));
    CHECK(client.say("USER nikt@moja-firma.lublin.pl\r\n") == known);
    CHECK(world.book.asked.empty());
}

TEST_CASE("a wrong password and an unknown name are answered alike")
{
    World world;
    Conversation client(world);
    client.listen();
    client.say("USER biuro@moja-firma.lublin.pl\r\n");
    CHECK(client.say("PASS sekret\r\n") == wrong);
    client.say("USER nikt@moja-firma.lublin.pl\r\n");
    CHECK(client.say("PASS sekret-biuro\r\n") == wrong);
}

TEST_CASE("a wrong password takes the name with it")
{
    World world;
    Conversation client(world);
    client.listen();
    client.say("USER biuro@moja-firma.lublin.pl\r\nPASS sekret\r\n");
    CHECK(client.say("PASS sekret-biuro\r\n") == "-ERR USER comes before PASS\r\n");
}

TEST_CASE("the third wrong password ends the connection")
{
    World world;
    Conversation client(world);
    client.listen();
    const auto guess = "USER biuro@moja-firma.lublin.pl\r\nPASS sekret\r\n"s;
    client.say(guess + guess);
    CHECK_FALSE(client.is_over());
    CHECK(client.say(guess).ends_with(wrong));
    CHECK(client.is_over());
    CHECK(world.book.asked.size() == 3);
}

TEST_CASE("a password may hold spaces, at its ends too")
{
    World world;
    world.book.accounts["ala"] = Account{.password = " dwa  slowa "};
    Conversation client(world);
    client.listen();
    CHECK(client.say("USER ala\r\nPASS  dwa  slowa \r\n").ends_with("+OK 0 messages (0 octets)\r\n"));
}

TEST_CASE("a suspended account is told so when its password is right, and only then")
{
    World world;
    Conversation client(world);
    client.listen();
    client.say("USER wstrzymana@moja-firma.lublin.pl\r\n");
    CHECK(client.say("PASS sekret\r\n") == wrong);
    client.say("USER wstrzymana@moja-firma.lublin.pl\r\n");
    CHECK(client.say("PASS sekret-wstrzymana\r\n") == "-ERR [SYS/PERM] account suspended\r\n");
    CHECK(client.say("STAT\r\n") == "-ERR log in first\r\n");
}

TEST_CASE("an expired account reads, sees a banner, and deletes nothing")
{
    World world;
    world.boxes["wygasla@moja-firma.lublin.pl"].add("Subject: a\n\nb\n");
    Conversation client(world);
    client.listen();
    client.say("USER wygasla@moja-firma.lublin.pl\r\n");
    CHECK(client.say("PASS sekret-wygasla\r\n") ==
          "+OK 1 messages (17 octets); this mailbox has expired: read only until it is renewed\r\n");
    CHECK(client.say("RETR 1\r\n").starts_with("+OK 17 octets\r\n"));
    CHECK(client.say("DELE 1\r\n") == "-ERR [SYS/PERM] read only until renewed\r\n");
    CHECK(client.say("QUIT\r\n") == "+OK goodbye\r\n");
    CHECK(world.boxes["wygasla@moja-firma.lublin.pl"].removed.empty());
}

TEST_CASE("when nobody can say whether a password is right, the client is asked to come back")
{
    World world;
    world.book.away = true;
    Conversation client(world);
    client.listen();
    client.say("USER biuro@moja-firma.lublin.pl\r\n");
    CHECK(client.say("PASS sekret-biuro\r\n").starts_with("-ERR [SYS/TEMP]"));
    world.book.away = false;
    client.log_in();
}

TEST_CASE("an inbox that another session holds is in use, until that session ends")
{
    World world;
    auto first = std::make_unique<Conversation>(world);
    first->log_in();
    Conversation second(world);
    second.listen();
    second.say("USER biuro@moja-firma.lublin.pl\r\n");
    CHECK(second.say("PASS sekret-biuro\r\n").starts_with("-ERR [IN-USE]"));
    CHECK(world.book.in_vain == 0); // nobody wants to know
    world.limits.login_delay = std::chrono::hours(1);
    Conversation third(world);
    third.listen();
    third.say("USER biuro@moja-firma.lublin.pl\r\n");
    CHECK(third.say("PASS sekret-biuro\r\n").starts_with("-ERR [IN-USE]"));
    CHECK(world.book.in_vain == 1);
    first.reset();
    second.log_in();
}

TEST_CASE("an inbox that cannot be opened now is a passing fault")
{
    World world;
    SUBCASE("it cannot be locked")
    {
        world.box().lock_fault = Fault::unavailable;
    }
    SUBCASE("it cannot be listed")
    {
        world.box().list_fault = Fault::io;
    }
    Conversation client(world);
    client.listen();
    client.say("USER biuro@moja-firma.lublin.pl\r\n");
    CHECK(client.say("PASS sekret-biuro\r\n").starts_with("-ERR [SYS/TEMP]"));
    CHECK_FALSE(world.box().in_use);
    CHECK(client.say("STAT\r\n") == "-ERR log in first\r\n");
}

TEST_CASE("AUTH PLAIN logs in, with its response at once or asked for")
{
    World world;
    Conversation client(world);
    client.listen();
    const auto response = plain("", somebody, password);
    SUBCASE("at once")
    {
        CHECK(client.say("AUTH PLAIN " + response + "\r\n").starts_with("+OK 0 messages"));
    }
    SUBCASE("asked for")
    {
        CHECK(client.say("auth plain\r\n") == "+ \r\n");
        CHECK(client.say(response + "\r\n").starts_with("+OK 0 messages"));
    }
    SUBCASE("as itself")
    {
        CHECK(client.say("AUTH PLAIN\r\n" + plain(somebody, somebody, password) + "\r\n")
                  .starts_with("+ \r\n+OK 0"));
    }
    CHECK(client.say("STAT\r\n") == "+OK 0 0\r\n");
}

TEST_CASE("AUTH without a mechanism lists them")
{
    World world;
    Conversation client(world);
    client.listen();
    CHECK(client.say("AUTH\r\n") == "+OK\r\nPLAIN\r\n.\r\n");
}

TEST_CASE("AUTH that goes wrong leaves the session where it was")
{
    World world;
    Conversation client(world);
    client.listen();
    SUBCASE("cancelled")
    {
        CHECK(client.say("AUTH PLAIN\r\n*\r\n") == "+ \r\n-ERR authentication cancelled\r\n");
    }
    SUBCASE("no base64")
    {
        CHECK(client.say("AUTH PLAIN %%%%\r\n").starts_with("-ERR this is no response"));
    }
    SUBCASE("empty")
    {
        CHECK(client.say("AUTH PLAIN =\r\n").starts_with("-ERR this is no response"));
    }
    SUBCASE("not PLAIN's form")
    {
        CHECK(client.say("AUTH PLAIN YWxh\r\n").starts_with("-ERR this is no response"));
    }
    SUBCASE("another mechanism")
    {
        CHECK(client.say("AUTH CRAM-MD5\r\n").starts_with("-ERR PLAIN is the only"));
    }
    SUBCASE("too long")
    {
        CHECK(client.say("AUTH PLAIN\r\n" + std::string(12289, 'A') + "\r\n") ==
              "+ \r\n-ERR line too long\r\n");
    }
    SUBCASE("a bare LF within")
    {
        CHECK(client.say("AUTH PLAIN\r\nAAAA\n").starts_with("+ \r\n-ERR a line ends in CRLF"));
    }
    SUBCASE("wrong password")
    {
        CHECK(client.say("AUTH PLAIN " + plain("", somebody, "sekret") + "\r\n") == wrong);
    }
    if (client.is_over()) FAIL("the connection has ended");
    client.log_in();
}

TEST_CASE("nobody acts for another: a foreign authorization identity is a wrong password")
{
    World world;
    Conversation client(world);
    client.listen();
    CHECK(client.say("AUTH PLAIN " + plain("szef@moja-firma.lublin.pl", somebody, password) + "\r\n") ==
          wrong);
    CHECK(world.book.asked.empty());
}

TEST_CASE("a client that makes nothing but errors is sent away")
{
    World world;
    world.limits.errors = 5;
    Conversation client(world);
    client.listen();
    CHECK(client.say(repeated("XYZZY\r\n", 9)) ==
          repeated("-ERR unknown command\r\n", 4) + "-ERR too many errors\r\n");
    CHECK(client.is_over());
}

TEST_CASE("a browser that was led to this port is sent away at its first line")
{
    for (const auto* line : {"GET / HTTP/1.1\r\n", "POST / HTTP/1.1\r\n", "Host: mail\r\nQUIT\r\n"}) {
        World world;
        Conversation client(world);
        client.listen();
        CHECK(client.say(line) == "-ERR this is a POP3 server\r\n");
        CHECK(client.is_over());
    }
}

TEST_CASE("a line that ends in anything but CRLF is refused, and its rest is no command")
{
    World world;
    Conversation client(world);
    client.listen();
    const auto refusal = "-ERR a line ends in CRLF and holds no other CR, LF or NUL\r\n"s;
    CHECK(client.say("CAPA\rQUIT\r\n") == refusal);
    CHECK(client.say("CAPA\0QUIT\r\n"s) == refusal);
    CHECK(client.say("CAPA\n") == refusal);
    CHECK(client.say(std::string(100'000, 'Q') + "\r\n") == "-ERR line too long\r\n");
    CHECK_FALSE(client.is_over());
}

TEST_CASE("who does not log in in time is left without a word")
{
    World world;
    world.limits.login = std::chrono::milliseconds(0);
    Conversation client(world);
    CHECK(client.listen() == "+OK Metka ready\r\n");
    CHECK(client.is_over());
}

TEST_CASE("a drain ends a session that has not logged in")
{
    World world;
    Conversation client(world);
    client.listen();
    client.say("AUTH PLAIN\r\n");
    client.drain();
    CHECK(client.is_over());
}
