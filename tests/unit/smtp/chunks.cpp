#include <doctest/doctest.h>

#include "core/net/spawn.h"
#include "tests/unit/smtp/world.h"

using namespace metka;
using smtp::test::biuro;
using smtp::test::sklep;
using smtp::test::Talk;
using smtp::test::World;

TEST_CASE("a message in chunks is stored as one by DATA is, and its last line gets the end it lacks")
{
    World world;
    Talk talk(world);
    talk.greet();
    talk.address(" SMTPUTF8");
    talk.send("BDAT 14\r\nSubject: test\r");
    CHECK(talk.hear().starts_with("250"));
    talk.send("BDAT 10 LAST\r\n\n\r\n..\r\nend");
    CHECK(talk.hear().starts_with("250 2.0.0 Ok: "));
    const auto& message = world.last_message();
    CHECK(message.starts_with(
        "Return-Path: <jan@example.org>\nDelivered-To: biuro@moja-firma.lublin.pl\nReceived: "));
    CHECK(message.contains(" with UTF8SMTP id "));
    CHECK(message.ends_with("\nSubject: test\n\n..\nend\n"));
}

TEST_CASE("a large message in chunks goes into a file, and is whole")
{
    World world;
    Talk talk(world);
    talk.greet();
    talk.address();
    std::string body;
    for (int i = 0; i < 40; ++i) {
        const std::string chunk = std::string(4998, static_cast<char>('a' + i % 26)) + "\r\n";
        CHECK(talk.say("BDAT 5000\r\n" + chunk.substr(0, 4998)).starts_with("250 2.0.0 chunk"));
        body += chunk.substr(0, 4998) + "\n";
    }
    CHECK(talk.say("BDAT 0 LAST").starts_with("250 2.0.0 Ok"));
    CHECK(world.last_message().ends_with("\n\n" + body));
    CHECK(world.sink.held() == 0);
}

TEST_CASE("a file that cannot be had for chunks refuses them, and what follows finds no message")
{
    World world;
    world.sink.failures.open = Fault::unavailable;
    Talk talk(world);
    talk.greet();
    talk.address();
    const std::string chunk(70'000, 'x');
    CHECK(talk.say("BDAT 70002\r\n" + chunk).starts_with("451 4.3.0"));
    CHECK(world.sink.held() == 0);
    CHECK(talk.say("BDAT 70002 LAST\r\n" + chunk).starts_with("503 5.5.1"));
    CHECK(world.sink.delivered.empty());
}

TEST_CASE("a chunk that blanks hide in an overlong line is not taken for commands")
{
    for (const std::size_t blanks : {20, 5000}) {
        CAPTURE(blanks);
        World world;
        Talk talk(world);
        talk.greet();
        talk.address();
        talk.send(std::string(blanks, ' ') + "BDAT 6" + std::string(5000, ' ') + "\r\nRSET\r\n");
        CHECK(talk.hear().starts_with("501 5.5.4"));
        CHECK(talk.client().is_closed());
    }
}

TEST_CASE("TLS that ends inside a chunk ends the session, and nothing is read in the clear")
{
    World world;
    {
        Talk talk(world);
        talk.start_tls();
        talk.address();
        talk.send("BDAT 1000 LAST\r\nSubject: a\r\n");
        talk.connection().pump()();
        talk.client().end_tls();
        talk.connection().pump()();
        CHECK(talk.client().is_closed());
    }
    CHECK(world.sink.delivered.empty());
    CHECK(world.sink.held() == 0);
}

TEST_CASE("thousands of tiny chunks take no memory but the message")
{
    World world;
    Talk talk(world);
    talk.greet();
    talk.address();
    for (int i = 0; i < 50; ++i) {
        std::string many;
        for (int j = 0; j < 100; ++j)
            many += "BDAT 1\r\nx";
        talk.send(many);
        for (int j = 0; j < 100; ++j)
            REQUIRE(talk.hear().starts_with("250 2.0.0 chunk"));
    }
    CHECK(talk.say("BDAT 0 LAST").starts_with("250 2.0.0 Ok"));
    CHECK(world.last_message().ends_with("\n\n" + std::string(5000, 'x') + "\n"));
}

TEST_CASE("what the sender wants to hear is kept with the transaction, for whoever relays it")
{
    World world;
    smtp::Transaction transaction(world.sink, maildir::MessageId::make(world.clock.now()),
                                  *wire::parse_mail("FROM:<jan@example.org> RET=HDRS ENVID=a+2Bb"));
    auto first = *wire::parse_rcpt("TO:<biuro@moja-firma.lublin.pl> NOTIFY=DELAY ORCPT=rfc822;x@y.pl",
                                   wire::Letters::ascii);
    auto second = *wire::parse_rcpt("TO:<sklep@moja-firma.lublin.pl>", wire::Letters::ascii);
    transaction.want(std::move(first), world.inbox(biuro), std::nullopt);
    transaction.want(std::move(second), world.inbox(sklep), std::nullopt);
    asio::io_context loop;
    net::spawn(
        loop.get_executor(),
        [](smtp::Transaction& settling) -> asio::awaitable<void> { co_await settling.settle(); }(transaction),
        "settling");
    loop.run();
    CHECK(transaction.mail().returned == wire::Returned::header);
    CHECK(transaction.mail().envelope_id == "a+b");
    REQUIRE(transaction.accepted().size() == 2);
    CHECK(transaction.accepted()[0].notify == wire::Notify{.delay = true});
    CHECK(transaction.accepted()[0].original ==
          wire::OriginalRecipient{.type = "rfc822", .address = "x@y.pl"});
    CHECK_FALSE(transaction.accepted()[1].notify);
}

TEST_CASE("a message in chunks that outgrows memory by what is added at its end gets a file")
{
    for (std::size_t below = 0; below < 300; below += 10) {
        World world;
        Talk talk(world);
        talk.start_tls();
        talk.log_in(biuro, "sekret-biuro");
        CHECK(talk.say("MAIL FROM:<biuro@moja-firma.lublin.pl>").starts_with("250"));
        CHECK(talk.say("RCPT TO:<sklep@moja-firma.lublin.pl>").starts_with("250"));
        const std::string field = "X-Long: " + std::string(maildir::most_whole(1) - 300 - below, 'x');
        CHECK(
            talk.say(fmt::format("BDAT {} LAST\r\n", field.size() + 2) + field).starts_with("250 2.0.0 Ok"));
        CHECK(world.last_message().contains("xx\nFrom: "));
    }
}
