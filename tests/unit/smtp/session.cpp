#include <doctest/doctest.h>

#include "tests/unit/smtp/world.h"

using namespace metka;
using smtp::test::biuro;
using smtp::test::sklep;
using smtp::test::Talk;
using smtp::test::World;

namespace {

// The whole of a message up to its end, and the answer to it.
std::string send_message(Talk& talk, std::string_view message)
{
    CHECK(talk.say("DATA").starts_with("354"));
    talk.send(message);
    return talk.say(".");
}

// More than is kept in memory: it needs a file.
const std::string large = "\r\n" + std::string(maildir::most_whole(1), 'x') + "\r\n";

} // namespace

TEST_CASE("a message is stored with its trace fields in front and LF line ends")
{
    World world;
    Talk talk(world);
    talk.greet();
    talk.address();
    const auto answer = send_message(talk, "Subject: test\r\n\r\n..\r\nGood day.\r\n");
    const auto id = answer.substr(answer.rfind(' ') + 1);
    CHECK(world.last_message() == "Return-Path: <jan@example.org>\n"
                                  "Delivered-To: biuro@moja-firma.lublin.pl\n"
                                  "Received: from klient.example.org ([192.0.2.7])\n"
                                  "\tby poczta.platon.man.lublin.pl with ESMTP id " +
                                      id +
                                      "\n"
                                      "\tfor <biuro@moja-firma.lublin.pl>;\n"
                                      "\tThu, 01 Jan 2026 00:00:00 +0000\n"
                                      "Subject: test\n\n.\nGood day.\n");
}

TEST_CASE("no recipient of several is named in the message")
{
    World world;
    Talk talk(world);
    talk.greet();
    talk.address();
    CHECK(talk.say("RCPT TO:<sklep@moja-firma.lublin.pl>").starts_with("250"));
    CHECK(send_message(talk, "\r\n").starts_with("250"));
    CHECK_FALSE(world.last_message().contains("Delivered-To"));
    CHECK_FALSE(world.last_message().contains("biuro"));
    CHECK(world.sink.delivered.back().inboxes == std::vector{world.inbox(biuro), world.inbox(sklep)});
}

TEST_CASE("recipients that lead to one inbox get one copy")
{
    World world;
    Talk talk(world);
    talk.greet();
    talk.address();
    CHECK(talk.say("RCPT TO:<marketing@moja-firma.lublin.pl>").starts_with("250"));
    CHECK(talk.say("RCPT TO:<biuro+oferta@moja-firma.lublin.pl>").starts_with("250"));
    CHECK(send_message(talk, "\r\n").starts_with("250"));
    CHECK(world.sink.delivered.back().inboxes == std::vector{world.inbox(biuro)});
}

TEST_CASE("a submitted message gets the From, Date and Message-ID that it lacks, and a received one does not")
{
    World world;
    Talk talk(world);
    talk.greet();
    talk.address();
    CHECK(send_message(talk, "Subject: a\r\n\r\nb\r\n").starts_with("250"));
    CHECK_FALSE(world.last_message().contains("Message-ID:"));

    talk.start_tls();
    talk.log_in(biuro, "sekret-biuro");
    CHECK(talk.say("MAIL FROM:<biuro@moja-firma.lublin.pl>").starts_with("250"));
    CHECK(talk.say("RCPT TO:<sklep@moja-firma.lublin.pl>").starts_with("250"));
    CHECK(send_message(talk, "Subject: a\r\n\r\nb\r\n").starts_with("250"));
    const auto& message = world.last_message();
    CHECK(message.contains(" with ESMTPSA id "));
    CHECK(message.contains("\t(using TLSv1.3 "));
    CHECK(message.contains("Subject: a\nFrom: biuro@moja-firma.lublin.pl\nDate: Thu, 01 Jan 2026 00:00:00 "
                           "+0000\nMessage-ID: <"));
    CHECK(message.ends_with("@poczta.platon.man.lublin.pl>\n\nb\n"));
}

TEST_CASE("what a client says in EHLO cannot write a header")
{
    World world;
    Talk talk(world);
    CHECK(talk.say("EHLO a(c)<d>;\xC5\xBC[0m").starts_with("250"));
    talk.address();
    CHECK(send_message(talk, "\r\n").starts_with("250"));
    CHECK(world.last_message().contains("Received: from a?c??d????[0m ([192.0.2.7])\n"));
}

TEST_CASE("a message that turns out larger than declared is taken if there is room")
{
    World world;
    const std::string line(998, 'x');
    for (const std::string_view declared : {"", " SIZE=10"}) {
        Talk talk(world);
        talk.greet();
        talk.address(declared);
        CHECK(talk.say("DATA").starts_with("354"));
        for (int i = 0; i < 2000; ++i)
            talk.send(line + "\r\n");
        CHECK(talk.say(".").starts_with("250 2.0.0"));
        CHECK(world.sink.delivered.back().written.size.count > 2000 * 999);
    }
    CHECK(world.sink.held() == 0);
}

TEST_CASE("a message that turns out larger than the room is refused whole")
{
    World world;
    world.set_capacity(biuro, 3_KiB);
    for (const std::string_view others : {"", "sklep@moja-firma.lublin.pl"}) {
        Talk talk(world);
        talk.greet();
        talk.address(" SIZE=10");
        if (!others.empty()) CHECK(talk.say(fmt::format("RCPT TO:<{}>", others)).starts_with("250"));
        const auto answer = send_message(talk, std::string(4000, 'x') + "\r\n");
        const bool only_one = others.empty();
        CHECK(answer.starts_with(only_one ? "552 5.2.2" : "452 4.2.2")); // 552: it would never fit
    }
    CHECK(world.sink.delivered.empty());
    CHECK(world.sink.held() == 0);
}

TEST_CASE("a message over the limit is read to its end and refused")
{
    World world;
    world.house.limits.message = 1_KiB;
    Talk talk(world);
    talk.greet();
    talk.address();
    CHECK(send_message(talk, std::string(5000, 'x') + "\r\nQUIT\r\n").starts_with("552 5.3.4"));
    CHECK(talk.say("NOOP").starts_with("250"));
    CHECK(world.sink.held() == 0);
    CHECK(talk.say("MAIL FROM:<jan@example.org> SIZE=1025").starts_with("552 5.3.4"));
    CHECK(talk.say("MAIL FROM:<jan@example.org> SIZE=1024").starts_with("250"));
}

TEST_CASE("recipients that come together are asked about together, and answered in their order")
{
    World world;
    Talk talk(world);
    talk.greet();
    talk.send("MAIL FROM:<jan@example.org>\r\n"
              "RCPT TO:<biuro@moja-firma.lublin.pl>\r\n"
              "RCPT TO:<nikt@moja-firma.lublin.pl>\r\n"
              "RCPT TO:<marketing@moja-firma.lublin.pl>\r\n"
              "RCPT FROM\r\n"
              "RCPT TO:<sklep@moja-firma.lublin.pl>\r\n"
              "FOO\r\n");
    for (const auto* const code : {"250", "250", "550", "250", "501", "250", "500"})
        CHECK(talk.hear().starts_with(code));
    CHECK(world.sink.questions == 1);
    CHECK(send_message(talk, "Subject: a\r\n").starts_with("250"));
    CHECK(world.sink.delivered.back().inboxes == std::vector{world.inbox(biuro), world.inbox(sklep)});
}

TEST_CASE("a message that fits into memory needs no file, and a larger one gets one")
{
    for (const auto size : {maildir::most_whole(1) / 2, maildir::most_whole(1), 3 * maildir::most_whole(1)}) {
        CAPTURE(size);
        World world;
        Talk talk(world);
        talk.greet();
        talk.address();
        world.sink.failures.open = Fault::io;
        const bool fits = size < maildir::most_whole(1);
        const auto reply = send_message(talk, "\r\n" + std::string(size, 'x') + "\r\n");
        CHECK(reply.starts_with(fits ? "250" : "451"));
    }
}

TEST_CASE("when much is kept in memory already, a small message gets a file, too")
{
    World world;
    smtp::Allowance::Share others(world.memory);
    others.hold(smtp::kept_in_memory.count);
    world.sink.failures.open = Fault::io;
    Talk talk(world);
    talk.greet();
    talk.address();
    const auto message = "\r\n" + std::string(10'000, 'x') + "\r\n";
    CHECK(send_message(talk, message).starts_with("451"));
    talk.address();
    CHECK(send_message(talk, "Subject: a\r\n").starts_with("250")); // what fits a page is kept all the same
    others.hold(0);
    talk.address();
    CHECK(send_message(talk, message).starts_with("250"));
}

TEST_CASE("a message that is being stored is in memory still")
{
    World world;
    std::optional<bool> was_spent;
    smtp::Allowance::Share others(world.memory);
    others.hold(smtp::kept_in_memory.count - 1000);
    world.sink.when_delivering = [&] { was_spent = world.memory.is_spent(); };
    Talk talk(world);
    talk.greet();
    talk.address();
    CHECK(send_message(talk, "\r\n" + std::string(3000, 'x') + "\r\n").starts_with("250"));
    CHECK(was_spent == true);
    CHECK_FALSE(world.memory.is_spent());
}

TEST_CASE("a line of data may be of any length")
{
    World world;
    Talk talk(world);
    talk.greet();
    talk.address();
    CHECK(send_message(talk, "Subject: a\r\n\r\n" + std::string(300'000, 'x') + "\r\n").starts_with("250"));
    CHECK(world.last_message().ends_with(std::string(300'000, 'x') + "\n"));
}

TEST_CASE("a store that fails is a reason to try later, and holds nothing")
{
    for (const auto fault :
         {Fault::unavailable, Fault::io, Fault::not_found, Fault::internal, Fault::limit}) {
        const std::string_view reply = fault == Fault::limit ? "452 4.2.2" : "451 4.3.0";
        CAPTURE(name(fault));
        World world;
        Talk talk(world);
        talk.greet();
        CHECK(talk.say("MAIL FROM:<jan@example.org>").starts_with("250"));
        world.sink.failures.promise = fault;
        CHECK(talk.say("RCPT TO:<biuro@moja-firma.lublin.pl>").starts_with(reply));
        world.sink.failures = {.open = fault};
        CHECK(talk.say("RCPT TO:<biuro@moja-firma.lublin.pl>").starts_with("250"));
        CHECK(send_message(talk, large).starts_with(reply));
        CHECK(talk.say("DATA").starts_with("503"));
        CHECK(world.sink.held() == 0);
        world.sink.failures = {.commit = fault};
        talk.address();
        CHECK(send_message(talk, "\r\n").starts_with(reply));
        CHECK(talk.say("DATA").starts_with("503"));
        CHECK(world.sink.held() == 0);
        CHECK(world.sink.delivered.empty());
    }
}

TEST_CASE("a file that cannot be written refuses the message for the moment")
{
    World world;
    world.sink.read_only = true;
    Talk talk(world);
    talk.greet();
    talk.address();
    CHECK(send_message(talk, large).starts_with("451 4.3.0"));
    CHECK(talk.say("NOOP").starts_with("250"));
    CHECK(world.sink.held() == 0);
}

TEST_CASE("a log-in that nobody can check is tried later")
{
    World world;
    world.passwords.away = true;
    Talk talk(world);
    talk.start_tls();
    CHECK(talk.say("AUTH PLAIN AGEAYg==").starts_with("454 4.7.0"));
}

TEST_CASE("the room of a transaction is given back however it ends")
{
    for (const std::string_view last : {"RSET", "EHLO klient", "HELO klient", "QUIT", "GET /", ""}) {
        CAPTURE(last);
        World world;
        {
            Talk talk(world);
            talk.greet();
            talk.address();
            CHECK(world.sink.held() == 1);
            if (last.empty()) continue;
            talk.say(last);
            CHECK(world.sink.held() == 0);
        }
        CHECK(world.sink.held() == 0);
    }
}

TEST_CASE("a client that goes inside DATA leaves nothing behind")
{
    World world;
    {
        Talk talk(world);
        talk.greet();
        talk.address();
        CHECK(talk.say("DATA").starts_with("354"));
        talk.send("Subject: half a mess");
    }
    CHECK(world.sink.held() == 0);
    CHECK(world.sink.delivered.empty());
}

TEST_CASE("a session that drains finishes its message, then says goodbye")
{
    World world;
    Talk talk(world);
    talk.greet();
    talk.address();
    CHECK(talk.say("DATA").starts_with("354"));
    talk.connection().drain();
    CHECK(talk.say("Subject: a\r\n\r\nb\r\n.").starts_with("250 2.0.0 Ok"));
    CHECK(talk.hear().starts_with("421 4.3.2"));
    CHECK(talk.client().is_closed());
}

TEST_CASE("an idle session drains at once")
{
    World world;
    Talk talk(world);
    talk.greet();
    talk.connection().drain();
    CHECK(talk.hear().starts_with("421 4.3.2"));
    CHECK(talk.client().is_closed());
}

TEST_CASE("a client that is silent for too long is told so, in commands and in data")
{
    World world;
    world.house.limits.command = smtp::Patience::zero();
    Talk impatient(world);
    CHECK(impatient.hear().starts_with("421 4.4.2"));

    World other;
    other.house.limits.data = smtp::Patience::zero();
    Talk talk(other);
    talk.greet();
    talk.address();
    CHECK(talk.say("DATA").starts_with("354"));
    CHECK(talk.hear().starts_with("421 4.4.2"));
    CHECK(talk.client().is_closed());
    CHECK(other.sink.held() == 0);
}

TEST_CASE("a session and a message have an end in all")
{
    World world;
    world.house.limits.session_total = smtp::Patience::zero();
    Talk talk(world);
    CHECK(talk.hear().starts_with("421 4.4.2"));

    World other;
    other.house.limits.message_total = smtp::Patience::zero();
    Talk slow(other);
    slow.greet();
    slow.address();
    CHECK(slow.say("DATA").starts_with("354"));
    CHECK(slow.hear().starts_with("421 4.4.2"));
}

TEST_CASE("a session has a number of commands, of errors and of failed log-ins")
{
    World world;
    world.house.limits.commands = 3;
    Talk talk(world);
    for (int i = 0; i < 3; ++i)
        CHECK(talk.say("NOOP").starts_with("250"));
    CHECK(talk.say("NOOP").starts_with("421 4.7.0"));
    CHECK(talk.client().is_closed());

    World other;
    other.house.limits.errors = 2;
    Talk wrong(other);
    for (int i = 0; i < 2; ++i)
        CHECK(wrong.say("XYZZY").starts_with("500"));
    CHECK(wrong.say("NOOP").starts_with("421 4.7.0"));
}

TEST_CASE("a bare postmaster reaches whom the operator named")
{
    World world;
    world.house.postmaster = Address::of_recipient("sklep", "moja-firma.lublin.pl");
    Talk talk(world);
    talk.greet();
    CHECK(talk.say("MAIL FROM:<>").starts_with("250"));
    CHECK(talk.say("RCPT TO:<Postmaster>").starts_with("250"));
    CHECK(send_message(talk, "\r\n").starts_with("250"));
    CHECK(world.sink.delivered.back().inboxes == std::vector{world.inbox(sklep)});
}

TEST_CASE("postmaster and abuse of every active domain reach the operator where nobody provisioned them")
{
    World world;
    world.house.postmaster = Address::of_recipient("sklep", "moja-firma.lublin.pl");
    Talk talk(world);
    talk.greet();
    CHECK(talk.say("MAIL FROM:<>").starts_with("250"));
    CHECK(talk.say("RCPT TO:<Abuse+list@moja-firma.lublin.pl>").starts_with("250"));
    CHECK(talk.say("RCPT TO:<postmaster@moja-firma.lublin.pl>").starts_with("250"));
    CHECK(talk.say("RCPT TO:<hostmaster@moja-firma.lublin.pl>").starts_with("550 5.1.1"));
    CHECK(talk.say("RCPT TO:<postmaster@stoi.lublin.pl>").starts_with("450 4.2.1"));
    CHECK(talk.say("RCPT TO:<postmaster@czeka.lublin.pl>").starts_with("550 5.7.1"));
    CHECK(talk.say("RCPT TO:<postmaster@example.org>").starts_with("550 5.7.1"));
    CHECK(send_message(talk, "\r\n").starts_with("250"));
    CHECK(world.sink.delivered.back().inboxes == std::vector{world.inbox(sklep)});
}

TEST_CASE("an address that somebody provisioned is not the operator's, whatever its name")
{
    World world;
    world.house.postmaster = Address::of_recipient("sklep", "moja-firma.lublin.pl");
    world.provision_alias("abuse@moja-firma.lublin.pl", "biuro@moja-firma.lublin.pl");
    Talk talk(world);
    talk.greet();
    CHECK(talk.say("MAIL FROM:<>").starts_with("250"));
    CHECK(talk.say("RCPT TO:<abuse@moja-firma.lublin.pl>").starts_with("250"));
    CHECK(send_message(talk, "\r\n").starts_with("250"));
    CHECK(world.sink.delivered.back().inboxes == std::vector{world.inbox("biuro@moja-firma.lublin.pl")});
}

TEST_CASE("without a certificate there is no STARTTLS, and no session where TLS comes first")
{
    World world;
    world.certificate = nullptr;
    Talk talk(world);
    CHECK(talk.say("EHLO klient") == "250 HELP");
    CHECK(talk.say("STARTTLS").starts_with("454 4.7.0"));
    Talk closed(world, "submissions");
    CHECK(closed.client().is_closed());
}

TEST_CASE("a client that pipelines and does not read is answered in order")
{
    World world;
    Talk talk(world);
    talk.greet();
    std::string many;
    for (int i = 0; i < 3000; ++i)
        many += "NOOP\r\n";
    talk.send(many);
    for (int i = 0; i < 3000; ++i)
        REQUIRE(talk.hear().starts_with("250 2.0.0"));
}
