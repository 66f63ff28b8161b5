#include "core/wire/smtp_command.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace metka::wire;

TEST_CASE("an SMTP line is a verb in any case and its arguments")
{
    struct Row {
        std::string_view line, verb, arguments;
    };
    const std::vector<Row> rows{
        {"NOOP", "NOOP", ""},
        {"noop", "NOOP", ""},
        {"QUIT ", "QUIT", ""},
        {"ehlo  klient.example.org ", "EHLO", "klient.example.org"},
        {"Rcpt TO:<a@b.pl> X=Y", "RCPT", "TO:<a@b.pl> X=Y"},
        {"", "", ""},
        {" NOOP", "", "NOOP"},
        {"Host: example.org", "HOST:", "example.org"},
        {"averyveryverylongverb", "AVERYVERYVERYLON", ""},
    };
    for (const auto& row : rows) {
        CAPTURE(row.line);
        const auto split = split_smtp_line(row.line);
        CHECK(split.verb == row.verb);
        CHECK(split.arguments == row.arguments);
    }
}

TEST_CASE("the paths of RFC 5321 §4.1.2 are read")
{
    struct Row {
        std::string arguments, local, domain, text;
    };
    const std::vector<Row> rows{
        {"TO:<biuro@moja-firma.lublin.pl>", "biuro", "moja-firma.lublin.pl", "biuro@moja-firma.lublin.pl"},
        {"to:<Biuro@Moja-Firma.Lublin.PL>", "Biuro", "Moja-Firma.Lublin.PL", "Biuro@Moja-Firma.Lublin.PL"},
        {"TO: <a@b.pl>", "a", "b.pl", "a@b.pl"},
        {"TO:<a.b+c_d!#$%&'*-/=?^`{|}~@b.pl>", "a.b+c_d!#$%&'*-/=?^`{|}~", "b.pl",
         "a.b+c_d!#$%&'*-/=?^`{|}~@b.pl"},
        {"TO:<\"a\"@b.pl>", "a", "b.pl", "a@b.pl"},
        {"TO:<\"a b\"@b.pl>", "a b", "b.pl", "\"a b\"@b.pl"},
        {"TO:<\"a\\\"b\\\\\"@b.pl>", "a\"b\\", "b.pl", "\"a\\\"b\\\\\"@b.pl"},
        {"TO:<\"a@c.pl\"@b.pl>", "a@c.pl", "b.pl", "\"a@c.pl\"@b.pl"},
        {"TO:<\".a\"@b.pl>", ".a", "b.pl", "\".a\"@b.pl"},
        {"TO:<@one.pl,@two.pl:a@b.pl>", "a", "b.pl", "a@b.pl"},
        {"TO:<a@[192.0.2.1]>", "a", "[192.0.2.1]", "a@[192.0.2.1]"},
        {"TO:<a@[IPv6:2001:db8::1]>", "a", "[IPv6:2001:db8::1]", "a@[IPv6:2001:db8::1]"},
        {"TO:<a@under_score.pl>", "a", "under_score.pl", "a@under_score.pl"},
        {"TO:<postmaster>", "postmaster", "", "postmaster"},
        {"TO:<PostMaster>", "PostMaster", "", "PostMaster"},
    };
    for (const auto& row : rows) {
        CAPTURE(row.arguments);
        const auto command = parse_rcpt(row.arguments, Letters::ascii);
        REQUIRE(command);
        CHECK(command->to.local == row.local);
        CHECK(command->to.domain == row.domain);
        CHECK(command->to.text() == row.text);
    }
}

TEST_CASE("what is no recipient is refused with the reason")
{
    struct Row {
        std::string arguments;
        CommandFault fault;
    };
    const auto long_local = "TO:<" + std::string(300, 'a') + "@b.pl>";
    const std::vector<Row> rows{
        {"", CommandFault::syntax},
        {"<a@b.pl>", CommandFault::syntax},
        {"FROM:<a@b.pl>", CommandFault::syntax},
        {"TO:", CommandFault::path},
        {"TO:a@b.pl", CommandFault::path},
        {"TO:<>", CommandFault::path},
        {"TO:<a>", CommandFault::path},
        {"TO:<a@b.pl", CommandFault::path},
        {"TO:<a@b.pl>x", CommandFault::path},
        {"TO:<a@b.pl> <c@d.pl>", CommandFault::unknown_parameter},
        {"TO:<@b.pl>", CommandFault::path},
        {"TO:<a@>", CommandFault::path},
        {"TO:<a@@b.pl>", CommandFault::path},
        {"TO:<a@b@c.pl>", CommandFault::path},
        {"TO:<a..b@b.pl>", CommandFault::path},
        {"TO:<.a@b.pl>", CommandFault::path},
        {"TO:<a.@b.pl>", CommandFault::path},
        {"TO:<a b@b.pl>", CommandFault::path},
        {"TO:<\"\"@b.pl>", CommandFault::path},
        {"TO:<\"a@b.pl>", CommandFault::path},
        {"TO:<\"a\\", CommandFault::path},
        {"TO:<\"a\tb\"@b.pl>", CommandFault::path},
        {"TO:<a@b..pl>", CommandFault::path},
        {"TO:<a@-b.pl>", CommandFault::path},
        {"TO:<a@b.pl.>", CommandFault::path},
        {"TO:<a@[]>", CommandFault::path},
        {"TO:<a@[1.2.3.4>", CommandFault::path},
        {"TO:<@one.pl:>", CommandFault::path},
        {"TO:<@one.pl a@b.pl>", CommandFault::path},
        {long_local, CommandFault::path},
        {"TO:<zażółć@b.pl>", CommandFault::not_ascii},
        {"TO:<a@b.pl> SIZE=1", CommandFault::unknown_parameter},
        {"TO:<a@b.pl> =", CommandFault::bad_parameter},
    };
    for (const auto& row : rows) {
        CAPTURE(row.arguments);
        const auto command = parse_rcpt(row.arguments, Letters::ascii);
        REQUIRE_FALSE(command);
        CHECK(command.error() == row.fault);
    }
}

TEST_CASE("MAIL takes the null path, SIZE, BODY and AUTH")
{
    const auto null = parse_mail("FROM:<>");
    REQUIRE(null);
    CHECK(null->from.is_null());
    CHECK(null->from.text().empty());
    CHECK_FALSE(null->size);

    const auto all = parse_mail("FROM:<a@b.pl> SIZE=1000 body=8bitmime AUTH=<>");
    REQUIRE(all);
    CHECK(all->size == 1000);
    CHECK(all->body == BodyKind::eight_bit);

    const auto most = parse_mail("FROM:<a@b.pl> SIZE=18446744073709551615");
    REQUIRE(most);
    CHECK(most->size == 18446744073709551615U);
}

TEST_CASE("MAIL with a wrong parameter is refused with the reason")
{
    struct Row {
        std::string arguments;
        CommandFault fault;
    };
    const std::vector<Row> rows{
        {"FROM:<a@b.pl> SIZE", CommandFault::bad_parameter},
        {"FROM:<a@b.pl> SIZE=", CommandFault::bad_parameter},
        {"FROM:<a@b.pl> SIZE=-1", CommandFault::bad_parameter},
        {"FROM:<a@b.pl> SIZE=1k", CommandFault::bad_parameter},
        {"FROM:<a@b.pl> SIZE=18446744073709551616", CommandFault::bad_parameter},
        {"FROM:<a@b.pl> SIZE=1 SIZE=1", CommandFault::bad_parameter},
        {"FROM:<a@b.pl> BODY=BINARYMIME", CommandFault::bad_parameter},
        {"FROM:<a@b.pl> AUTH=a=b", CommandFault::bad_parameter},
        {"FROM:<a@b.pl> SMTPUTF8=yes", CommandFault::bad_parameter},
        {"FROM:<a@b.pl> SMTPUTF8 smtputf8", CommandFault::bad_parameter},
        {"FROM:<a@b.pl> RET=BODY", CommandFault::bad_parameter},
        {"FROM:<a@b.pl> RET=FULL RET=HDRS", CommandFault::bad_parameter},
        {"FROM:<a@b.pl> ENVID", CommandFault::bad_parameter},
        {"FROM:<a@b.pl> ENVID=+0A", CommandFault::bad_parameter},
        {"FROM:<a@b.pl> ENVID=+C5+BC", CommandFault::bad_parameter},
        {"FROM:<a@b.pl> ENVID=+4", CommandFault::bad_parameter},
        {"FROM:<a@b.pl> ENVID=+GG", CommandFault::bad_parameter},
        {"FROM:<a@b.pl> ENVID=" + std::string(101, 'x'), CommandFault::bad_parameter},
        {"FROM:<a@b.pl> NOTIFY=NEVER", CommandFault::unknown_parameter},
        {"FROM:<a@b.pl> SMTPUTF8\tRET=FULL", CommandFault::bad_parameter},
        {"FROM:<postmaster>", CommandFault::path},
        {"FROM <a@b.pl>", CommandFault::syntax},
        {"FROM:<ą@b.pl>", CommandFault::not_ascii},
    };
    for (const auto& row : rows) {
        CAPTURE(row.arguments);
        const auto command = parse_mail(row.arguments);
        REQUIRE_FALSE(command);
        CHECK(command.error() == row.fault);
    }
}

TEST_CASE("with SMTPUTF8 an address has any letters, in well-formed UTF-8")
{
    struct Row {
        std::string path, local, domain;
    };
    const std::vector<Row> good{
        {"<żaneta@example.org>", "żaneta", "example.org"},
        {"<\"żółta łódź\"@example.org>", "żółta łódź", "example.org"},
        {"<jan@krasnobród.pl>", "jan", "krasnobród.pl"},
        {"<用户@例え.テスト>", "用户", "例え.テスト"},
        {"<\xF0\x9F\x93\xA7@example.org>", "\xF0\x9F\x93\xA7", "example.org"},
    };
    for (const auto& row : good) {
        CAPTURE(row.path);
        const auto mail = parse_mail("FROM:" + row.path + " SMTPUTF8");
        REQUIRE(mail);
        CHECK(mail->from == MailPath{.local = row.local, .domain = row.domain});
        CHECK(mail->letters == Letters::utf8);
        CHECK_FALSE(mail->from.is_ascii());
        CHECK(parse_mail("FROM:" + row.path).error() == CommandFault::not_ascii);
        CHECK(parse_rcpt("TO:" + row.path, Letters::utf8));
        CHECK(parse_rcpt("TO:" + row.path, Letters::ascii).error() == CommandFault::not_ascii);
    }
    const std::vector<std::string> bad{
        "<\xC5@example.org>",             // half a letter
        "<\xC0\xAF@example.org>",         // "/" in two bytes
        "<\xED\xA0\x80@example.org>",     // a surrogate
        "<a\xC2\x85@example.org>",        // NEL, a control
        "<\"\xC2\x9B\"@example.org>",     // CSI
        "<a@\xFF.example.org>",           // no UTF-8 at all
        "<\xF4\x90\x80\x80@example.org>", // beyond Unicode
    };
    for (const auto& path : bad) {
        CAPTURE(path);
        CHECK(parse_mail("FROM:" + path + " SMTPUTF8").error() == CommandFault::path);
        CHECK(parse_mail("FROM:" + path).error() == CommandFault::path);
        CHECK(parse_rcpt("TO:" + path, Letters::utf8).error() == CommandFault::path);
    }
}

TEST_CASE("MAIL keeps what the sender wants back, and under which name (RFC 3461)")
{
    const auto mail = parse_mail("FROM:<a@b.pl> RET=hdrs ENVID=QQ314159+2B+20x");
    REQUIRE(mail);
    CHECK(mail->returned == Returned::header);
    CHECK(mail->envelope_id == "QQ314159+ x");
    CHECK(mail->has_parameters);
    CHECK(parse_mail("FROM:<a@b.pl> RET=FULL")->returned == Returned::whole);
    CHECK_FALSE(parse_mail("FROM:<a@b.pl>")->returned);
    CHECK_FALSE(parse_mail("FROM:<a@b.pl>")->has_parameters);
    CHECK(parse_mail("FROM:<a@b.pl> ENVID=" + std::string(100, 'x'))->envelope_id.size() == 100);
}

TEST_CASE("RCPT keeps when the sender wants to hear of the recipient, and who that was at first")
{
    const auto parse = [](std::string_view parameters) {
        return parse_rcpt("TO:<a@b.pl> " + std::string(parameters), Letters::ascii);
    };
    CHECK_FALSE(parse("")->notify);
    CHECK(parse("NOTIFY=NEVER")->notify == Notify{});
    CHECK(parse("notify=success,Delay")->notify == Notify{.success = true, .delay = true});
    CHECK(parse("NOTIFY=FAILURE")->notify == Notify{.failure = true});
    CHECK(parse("ORCPT=rfc822;Jan+2Boferta@Example.org")->original ==
          OriginalRecipient{.type = "rfc822", .address = "Jan+oferta@Example.org"});
    CHECK(parse("ORCPT=UTF-8;\\x{17C}aneta@example.org NOTIFY=FAILURE")->original ==
          OriginalRecipient{.type = "utf-8", .address = "żaneta@example.org"});
    CHECK(parse("ORCPT=utf-8;żaneta@example.org")->original->address == "żaneta@example.org");

    for (const std::string_view wrong : {"NOTIFY",
                                         "NOTIFY=",
                                         "NOTIFY=ALWAYS",
                                         "NOTIFY=NEVER,FAILURE",
                                         "NOTIFY=FAILURE,FAILURE",
                                         "NOTIFY=FAILURE,",
                                         "NOTIFY=DELAY NOTIFY=DELAY",
                                         "ORCPT",
                                         "ORCPT=a@b.pl",
                                         "ORCPT=;a@b.pl",
                                         "ORCPT=rfc822;",
                                         "ORCPT=rfc822;a+0D+0Ab",
                                         "ORCPT=rfc822;a=b",
                                         "ORCPT=rfc822;+C5",
                                         "ORCPT=utf-8;\\x{D800}",
                                         "ORCPT=utf-8;\\x{0A}",
                                         "ORCPT=utf-8;\\x{85}",
                                         "ORCPT=utf-8;\\x{1234567}",
                                         "ORCPT=utf-8;\\x{}",
                                         "ORCPT=utf-8;\\x{17C",
                                         "ORCPT=utf 8;a@b.pl"}) {
        CAPTURE(wrong);
        const auto command = parse(wrong);
        REQUIRE_FALSE(command);
        CHECK((command.error() == CommandFault::bad_parameter || wrong.contains("utf 8")));
    }
    CHECK(parse("ORCPT=rfc822;" + std::string(494, 'x')).error() == CommandFault::bad_parameter);
    CHECK(parse("RET=FULL").error() == CommandFault::unknown_parameter);
}

TEST_CASE("BDAT says how many octets follow, and whether they are the last")
{
    using Chunk = BdatCommand::Chunk;
    struct Row {
        std::string_view arguments;
        std::optional<std::uint64_t> size;
        Chunk chunk = Chunk::more;
    };
    const std::vector<Row> rows{
        {"0", 0},
        {"86 LAST", 86, Chunk::last},
        {"0  last", 0, Chunk::last},
        {"18446744073709551615", 18446744073709551615U},
        {"18446744073709551616", std::nullopt},
        {"000000000000000000001", std::nullopt},
        {"", std::nullopt},
        {"-1", std::nullopt},
        {"1k", std::nullopt},
        {"LAST", std::nullopt},
        {"5 LAST 6", std::nullopt},
        {"5\tLAST", std::nullopt},
        {"5 FIRST", std::nullopt},
        {"0x10", std::nullopt},
    };
    for (const auto& row : rows) {
        CAPTURE(row.arguments);
        const auto command = parse_bdat(row.arguments);
        CHECK(command.has_value() == row.size.has_value());
        if (!command) continue;
        CHECK(command->size == row.size);
        CHECK(command->chunk == row.chunk);
    }
}
