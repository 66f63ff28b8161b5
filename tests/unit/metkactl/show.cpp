#include "cli/show.h"

#include <doctest/doctest.h>

using namespace metka;
using namespace metka::metkactl;
using control::Json;
using control::Kind;

namespace {

Json parse(std::string_view text)
{
    return control::parse_json(text).value();
}

const control::Verb& verb(std::string_view method)
{
    return *control::verb_of(method);
}

} // namespace

TEST_CASE("values are shown to people in their units, and to programs as they are")
{
    struct Row {
        Kind kind;
        std::string_view json, terminal, piped;
    };
    const Row rows[] = {
        {Kind::text, "\"a\"", "a", "a"},
        {Kind::text, "\"\"", "–", ""},
        {Kind::text, "null", "–", ""},
        {Kind::text, R"("a\tb\u001b[31m")", "a\\x09b\\x1B[31m", "a\\x09b\\x1B[31m"},
        {Kind::size, "52428800", "50 MiB", "52428800"},
        {Kind::size, "null", "–", ""},
        {Kind::capacity, "null", "unlimited", "unlimited"},
        {Kind::capacity, "1073741824", "1 GiB", "1073741824"},
        {Kind::number, "3", "3", "3"},
        {Kind::limit, "3", "3", "3"},
        {Kind::limit, "0", "no limit", "0"},
        {Kind::instant, "\"2026-03-10T12:00:00Z\"", "2026-03-10 12:00:00 UTC", "2026-03-10T12:00:00Z"},
        {Kind::date, "\"2027-12-31\"", "2027-12-31", "2027-12-31"},
        {Kind::date, "null", "–", ""},
        {Kind::seconds, "59", "59 s", "59"},
        {Kind::seconds, "3599", "59 min 59 s", "3599"},
        {Kind::seconds, "7260", "2 h 1 min", "7260"},
        {Kind::seconds, "90000", "1 d 1 h", "90000"},
        {Kind::flag, "true", "yes", "true"},
        {Kind::domain, "\"xn--w-uga1v8h.pl\"", "żółw.pl", "xn--w-uga1v8h.pl"},
        {Kind::address, "\"a@xn--w-uga1v8h.pl\"", "a@żółw.pl", "a@xn--w-uga1v8h.pl"},
        {Kind::address, "\"anna\"", "anna", "anna"},
    };
    for (const auto& row : rows) {
        CAPTURE(row.json);
        CHECK(show(row.kind, parse(row.json), Form::terminal) == row.terminal);
        CHECK(show(row.kind, parse(row.json), Form::piped) == row.piped);
    }
}

TEST_CASE("a state agrees with what it is said of, where a language has forms for it")
{
    const Style polish{Form::terminal, Colour::never, Language::polish};
    CHECK(show(verb("my.show"), parse(R"({"state":"active"})"), polish).contains("aktywne"));
    CHECK(show(verb("my.mailbox.show"), parse(R"({"state":"active"})"), polish).contains("aktywna"));
    CHECK(show(verb("my.mailbox.list"), parse(R"([{"address":"a@b.pl","state":"suspended"}])"), polish)
              .contains("zawieszona"));
    CHECK(show(verb("my.mailbox.show"), parse(R"({"state":"active"})"), {Form::terminal})
              .contains("state:        active\n"));
}

TEST_CASE("a last log-in says which app password opened it, and that it was one")
{
    const auto card = parse(R"({"last_login":{"at":"2027-01-01T00:00:00Z","service":"pop3","from":"127.0.0.1",
        "app_password":"Sloik"}})");
    CHECK(show(verb("mailbox.show"), card, {Form::terminal})
              .contains("pop3, 127.0.0.1, with the app password “Sloik”\n"));
}

TEST_CASE("piped, a list is rows of values between tabs without a header, an empty value keeps its place")
{
    const auto rows =
        parse(R"([{"address":"a@b.pl","state":"active","kind":"paid","customer":"firma","shell":null,
        "capacity":null,"valid_until":null},{"address":"c@b.pl"}])");
    CHECK(show(verb("mailbox.list"), rows, {Form::piped}) ==
          "a@b.pl\tactive\tpaid\tfirma\t\tunlimited\t\nc@b.pl\t\t\t\t\tunlimited\t\n");
    CHECK(show(verb("mailbox.list"), parse("[]"), {Form::piped}).empty());
}

TEST_CASE("piped, an object is a name, a tab and a value a line")
{
    const auto card = parse(R"({"address":"a@b.pl","to":"anna","made_by":"administrator","customer":"firma",
        "created":"2026-03-10T12:00:00Z"})");
    CHECK(show(verb("alias.show"), card, {Form::piped}) ==
          "address\ta@b.pl\nto\tanna\nmade_by\tadministrator\ncustomer\tfirma\ncreated\t2026-03-10T12:00:"
          "00Z\n");
}

TEST_CASE("json is the answer as it came")
{
    CHECK(show(verb("alias.show"), parse(R"({"b":1,"a":[null]})"), {Form::json}) ==
          "{\"b\":1,\"a\":[null]}\n");
}

TEST_CASE("what was done is told step by step, and after a dry run that nothing was")
{
    CHECK(show(verb("alias.add"), parse(R"({"done":true,"steps":["lead a to b"]})"), {Form::piped}) ==
          "lead a to b\n");
    CHECK(show(verb("alias.add"), parse(R"({"done":false,"steps":["lead a to b"]})"), {Form::terminal}) ==
          "lead a to b\n(dry run: nothing was changed)\n");
}

TEST_CASE("a password that was made is shown behind what was done, this once")
{
    const auto made = parse(R"({"done":true,"steps":["app password “a” for b"],"password":"abcd efgh"})");
    CHECK(show(verb("mailbox.app-password.add"), made, {Form::piped}) ==
          "app password “a” for b\npassword\tabcd efgh\n");
    CHECK(show(verb("my.app-password.add"), made, {Form::terminal, Colour::never, Language::polish}) ==
          "app password “a” for b\n\nhasło: abcd efgh\n");
    const auto planned = parse(R"({"done":false,"steps":["app password “a” for b"]})");
    CHECK_FALSE(show(verb("mailbox.app-password.add"), planned, {Form::piped}).contains("password\t"));
}

TEST_CASE("on a terminal a list is a table with headings, coloured only where that is wanted")
{
    const auto rows = parse(R"([{"domain":"a.pl","customer":"firma","kind":"local","state":"pending"}])");
    const auto plain = show(verb("domain.list"), rows, {Form::terminal});
    CHECK(plain.contains("DOMAIN") == false);
    CHECK(plain.contains("domain"));
    CHECK(plain.contains("a.pl"));
    CHECK_FALSE(plain.contains('\x1B'));
    CHECK(show(verb("domain.list"), rows, {Form::terminal, Colour::where_it_helps}).contains('\x1B'));
    CHECK(show(verb("domain.list"), parse("[]"), {Form::terminal}) == "none\n");
}

TEST_CASE("status shows its programs as a table on a terminal and as rows of their own when piped")
{
    const auto card = parse(R"({"version":"1","instance":"/s","uptime":5,"customers":0,"domains":0,"shells":0,
        "mailboxes":0,"aliases":0,"programs":[{"name":"store","pid":5,"state":"running","restarts":0,"generation":1,
        "started":"2027-01-01T00:00:00Z","missing":""}],"certificates":[]})");
    const auto piped = show(verb("status"), card, {Form::piped});
    CHECK(piped.contains("uptime\t5\n"));
    CHECK(piped.ends_with("programs\tstore\t5\trunning\t0\t1\t2027-01-01T00:00:00Z\t\n"));
    CHECK(show(verb("status"), card, {Form::terminal}).contains("restarts"));
}

TEST_CASE("a sweep is told in one line, and after it what a person should read")
{
    const auto answer = parse(R"({"summary":"3 looked at","mailboxes":3,"noticed":0,"expired":0,"purged":0,
        "trash":0,"held":["a@b.pl: the clock went back"],"steps":["would purge c@b.pl"]})");
    CHECK(show(verb("sweep.expiry"), answer, {Form::piped}) ==
          "3 looked at\nheld: a@b.pl: the clock went back\nwould purge c@b.pl\n");
}

TEST_CASE("sentences of an object stand below each other on a terminal, and after their name when piped")
{
    const auto card = parse(R"({"problems":["one","two"]})");
    CHECK(show(verb("shell.show"), card, {Form::piped}).contains("problems\tone\nproblems\ttwo\n"));
    const auto shown = show(verb("shell.show"), card, {Form::terminal});
    CHECK(shown.contains("problems:"));
    const auto one = shown.find("one\n");
    const auto two = shown.find("two\n");
    REQUIRE(one != std::string::npos);
    REQUIRE(two != std::string::npos);
    CHECK(one - (shown.rfind('\n', one) + 1) == two - (shown.rfind('\n', two) + 1));
}

TEST_CASE("headings are in the language asked for, on a terminal and nowhere else")
{
    const auto card = parse(R"({"login":"anna","free_domain":"a.pl"})");
    const auto polish = show(verb("my.show"), card, {Form::terminal, Colour::never, Language::polish});
    CHECK(polish.contains("domena darmowych skrzynek:"));
    CHECK(show(verb("my.show"), card, {Form::terminal}).contains("free domain:"));
    CHECK(show(verb("my.show"), card, {Form::piped, Colour::never, Language::polish})
              .contains("free_domain\ta.pl"));
    const auto rows = parse(R"([{"address":"a@b.pl","made_by":"self_service"}])");
    CHECK(show(verb("my.alias.list"), rows, {Form::terminal, Colour::never, Language::polish})
              .contains("adres"));
}

TEST_CASE("an object within an object is one line of what it says, and keeps its places when piped")
{
    const auto card = parse(R"({"last_login":{"at":"2027-01-01T00:00:00Z","service":"pop3","from":"192.0.2.1",
        "app_password":null,"problem":null}})");
    CHECK(show(verb("my.show"), card, {Form::piped})
              .ends_with("last_login\t2027-01-01T00:00:00Z\tpop3\t192.0.2.1\t\t\n"));
    CHECK(show(verb("my.show"), card, {Form::terminal})
              .ends_with(" 2027-01-01 00:00:00 UTC, pop3, 192.0.2.1\n"));
    const auto never = parse(R"({"last_login":null})");
    CHECK(show(verb("my.show"), never, {Form::piped}).ends_with("last_login\t\t\t\t\t\n"));
    CHECK(show(verb("my.show"), never, {Form::terminal}).ends_with(" –\n"));
}
