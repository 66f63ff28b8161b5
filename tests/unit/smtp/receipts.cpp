// Refusals, and what is remembered of them under the codes behind their replies.

#include "daemon/smtp/receipts.h"

#include <doctest/doctest.h>

#include "core/sys/frame.h"
#include "daemon/smtp/reasons.h"
#include "daemon/smtp/replies.h"
#include "tests/unit/smtp/world.h"

using namespace metka;
using smtp::Receipts;
using smtp::test::Talk;
using smtp::test::World;

namespace {

household::Refusal refusal_of(std::string_view recipient)
{
    household::Refusal refusal;
    refusal.recipient = recipient;
    return refusal;
}

// What the last reply's code leads to.
household::Refusal kept(World& world, const std::string& reply)
{
    const auto code = ReceiptCode::parse(reply.substr(reply.rfind('[')));
    REQUIRE(code);
    const auto* const refusal = world.receipts.find(*code);
    REQUIRE(refusal != nullptr);
    return *refusal;
}

} // namespace

TEST_CASE("the last refusals are kept, and the oldest makes room for the next")
{
    std::uint64_t next = 0;
    Receipts receipts([&] { return ReceiptCode::of_bits(next++); }, 3);
    std::vector<ReceiptCode> codes;
    for (const auto* each : {"a", "b", "c", "d", "e"})
        codes.push_back(receipts.keep(refusal_of(each)));
    CHECK(receipts.find(codes[0]) == nullptr);
    CHECK(receipts.find(codes[1]) == nullptr);
    CHECK(receipts.find(codes[2])->recipient == "c");
    CHECK(receipts.find(codes[3])->recipient == "d");
    CHECK(receipts.find(codes[4])->recipient == "e");
}

TEST_CASE("no two of the refusals that are kept have one code")
{
    std::uint64_t calls = 0;
    Receipts receipts([&] { return ReceiptCode::of_bits(calls++ / 2); }, 2); // each code twice
    const auto first = receipts.keep(refusal_of("a"));
    const auto second = receipts.keep(refusal_of("b"));
    CHECK(first != second);
    CHECK(receipts.find(first)->recipient == "a");
    CHECK(receipts.find(second)->recipient == "b");
}

TEST_CASE("a refused recipient is kept with who asked, for whom and why")
{
    World world;
    Talk talk(world);
    CHECK(talk.say("EHLO klient.example.org").starts_with("250"));
    CHECK(talk.say("MAIL FROM:<jan@example.org> SIZE=100").starts_with("250"));
    const auto refusal = kept(world, talk.say("RCPT TO:<nikt@moja-firma.lublin.pl>"));
    CHECK(refusal.at == world.clock.now());
    CHECK(refusal.peer == "192.0.2.7");
    CHECK(refusal.listener == "smtp");
    CHECK(refusal.command == "RCPT");
    CHECK(refusal.sender == "jan@example.org");
    CHECK(refusal.recipient == "nikt@moja-firma.lublin.pl");
    CHECK(refusal.login.empty());
    CHECK(refusal.reply == "550 5.1.1 no such mailbox here");
    CHECK(refusal.rule.contains("no mailbox, alias or shell account"));
    CHECK(refusal.remedy.contains("metkactl mailbox add"));
    CHECK_FALSE(refusal.session.empty());
}

TEST_CASE("a recipient that cannot be read is kept as it was written")
{
    World world;
    Talk talk(world);
    talk.say("EHLO klient.example.org");
    talk.say("MAIL FROM:<jan@example.org>");
    const auto refusal = kept(world, talk.say("RCPT TO:<jan kowalski@moja-firma.lublin.pl>"));
    CHECK(refusal.command == "RCPT");
    CHECK(refusal.recipient == "jan kowalski@moja-firma.lublin.pl");
}

TEST_CASE("a refused sender is kept with the account that had logged in, and the null sender as <>")
{
    World world;
    Talk talk(world, "submission");
    talk.say("EHLO klient.example.org");
    const auto too_early = kept(world, talk.say("MAIL FROM:<>"));
    CHECK(too_early.sender == "<>");
    CHECK(too_early.listener == "submission");
    talk.start_tls();
    talk.log_in("biuro@moja-firma.lublin.pl", "sekret-biuro");
    const auto refusal = kept(world, talk.say("MAIL FROM:<szef@moja-firma.lublin.pl>"));
    CHECK(refusal.login == "biuro@moja-firma.lublin.pl");
    CHECK(refusal.sender == "szef@moja-firma.lublin.pl");
    CHECK(refusal.recipient.empty());
    CHECK(refusal.reply.starts_with("553 5.7.1 "));
}

TEST_CASE("nothing of a log-in is kept with its refusal")
{
    World world;
    Talk talk(world, "submissions");
    REQUIRE(talk.client().start_tls());
    talk.hear();
    talk.say("EHLO klient.example.org");
    const auto refusal = kept(world, talk.say("AUTH PLAIN c2VrcmV0LWhhc2xv"));
    CHECK(refusal.command == "AUTH");
    for (const auto& text : {refusal.sender, refusal.recipient, refusal.login, refusal.reply})
        CHECK_FALSE(text.contains("c2VrcmV0"));
}

TEST_CASE("what a peer made up is kept escaped and cut, and its reply is no longer than 512 octets")
{
    World world;
    Talk talk(world);
    talk.say("EHLO klient.example.org");
    const auto reply = talk.say("MAIL FROM:<\x1b[31m" + std::string(3000, 'a') + ">");
    CHECK(reply.size() <= 510);
    const auto refusal = kept(world, reply);
    CHECK(refusal.sender.starts_with("\\x1B[31maaa"));
    CHECK(refusal.sender.size() < 500);
    CHECK(sys::encode(refusal).fits());
}

TEST_CASE("a command after the refused one leaves none of its addresses behind")
{
    World world;
    Talk talk(world);
    talk.say("EHLO klient.example.org");
    talk.say("MAIL FROM:<jan@example.org>");
    talk.say("RCPT TO:<nikt@moja-firma.lublin.pl>");
    const auto refusal = kept(world, talk.say("NOSUCH"));
    CHECK(refusal.recipient.empty());
    CHECK(refusal.command.empty());
    CHECK(refusal.sender == "jan@example.org"); // of the transaction that is under way
}

TEST_CASE("a reply that the table of reasons lacks still has a sentence")
{
    CHECK(smtp::reason_of(smtp::replies::no_such_mailbox).remedy.contains("mailbox add"));
    CHECK(smtp::reason_of({599, "5.9.9", "never said"}).rule == "the text of the reply says it");
}
