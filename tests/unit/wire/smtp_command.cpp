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
        const auto command = parse_rcpt(row.arguments);
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
        {"TO:<a@b.pl> NOTIFY=NEVER", CommandFault::unknown_parameter},
        {"TO:<a@b.pl> =", CommandFault::bad_parameter},
    };
    for (const auto& row : rows) {
        CAPTURE(row.arguments);
        const auto command = parse_rcpt(row.arguments);
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
        {"FROM:<a@b.pl> SMTPUTF8", CommandFault::unknown_parameter},
        {"FROM:<a@b.pl> RET=HDRS", CommandFault::unknown_parameter},
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
