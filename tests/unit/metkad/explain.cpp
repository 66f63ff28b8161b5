// explain: the verdict, the rule, the object that decides, and what would change it.

#include "tests/unit/metkad/office.h"

using namespace metka;
using namespace metka::metkad::test;
using std::chrono::days;

namespace {

constexpr std::string_view biuro = "biuro@moja-firma.lublin.pl";

Json recipient(TestOffice& office, std::string_view address)
{
    return office.done("explain.recipient", fmt::format(R"({{"address":"{}"}})", address));
}

Json sender(TestOffice& office, std::string_view address, std::string_view login = "")
{
    const auto more = login.empty() ? std::string() : fmt::format(R"(,"login":"{}")", login);
    return office.done("explain.sender", fmt::format(R"({{"address":"{}"{}}})", address, more));
}

struct Said {
    std::string_view verdict;
    std::string_view reply;
    std::string_view decided_by;
    std::string_view remedy; // begins so
};

void check(const Json& answer, const Said& said)
{
    CAPTURE(to_text(answer));
    CHECK(text_of(answer, "verdict") == said.verdict);
    CHECK(text_of(answer, "reply") == said.reply);
    CHECK_FALSE(text_of(answer, "rule").empty());
    const auto text = [&](std::string_view member) {
        return answer.member(member)->is_null() ? std::string() : text_of(answer, member);
    };
    CHECK(text("decided_by") == said.decided_by);
    CHECK((said.remedy.empty() ? text("remedy").empty() : text("remedy").starts_with(said.remedy)));
}

} // namespace

TEST_CASE("an address that may receive is explained with where it leads and what room there is")
{
    TestOffice office;
    office.settle();
    office.free_mailbox(biuro);
    office.done("alias.add", R"({"address":"info@moja-firma.lublin.pl","to":"biuro@moja-firma.lublin.pl"})");
    office.trees.uses[office.mailbox_id(biuro)] = 4_MiB;
    office.unix_accounts.home.used = 5_MiB;
    office.done("sweep.quota", "{}");
    auto answer = recipient(office, biuro);
    check(answer, {"accepted", "250 2.1.5", "mailbox biuro@moja-firma.lublin.pl", ""});
    CHECK(text_of(answer, "by") == "primary");
    CHECK(text_of(answer, "leads_to") == biuro);
    CHECK(text_of(answer, "domain_state") == "active");
    CHECK(text_of(answer, "state") == "active");
    CHECK(answer.member("valid_until")->is_null());
    const auto rooms = *answer.member("room");
    CHECK(column(rooms, "of") ==
          std::vector<std::string>{"mailbox biuro@moja-firma.lublin.pl", "shell account anna"});
    CHECK(number_of(rooms.array()->at(0), "used") == 4 << 20);
    CHECK(number_of(rooms.array()->at(0), "limit") == 10 << 20);
    CHECK(number_of(rooms.array()->at(1), "limit") == 500 << 20);

    answer = recipient(office, "info+tag@moja-firma.lublin.pl");
    check(answer, {"accepted", "250 2.1.5", "mailbox biuro@moja-firma.lublin.pl", ""});
    CHECK(text_of(answer, "by") == "alias");
    CHECK(text_of(recipient(office, "anna@platon.man.lublin.pl"), "by") == "host name");
    CHECK(text_of(recipient(office, "abuse@moja-firma.lublin.pl"), "by") == "operator");
}

TEST_CASE("an address that may not receive is explained by the object that decides")
{
    TestOffice office;
    office.settle();
    office.free_mailbox(biuro);
    check(recipient(office, "nikt@moja-firma.lublin.pl"),
          {"refused", "550 5.1.1", "domain moja-firma.lublin.pl", "metkactl mailbox add nikt@"});
    check(
        recipient(office, "kto@example.org"),
        {"refused", "550 5.7.1", "domain example.org, which is not here", "metkactl domain add example.org"});
    office.done("domain.add", R"({"domain":"example.org","customer":"firma"})");
    check(recipient(office, "kto@example.org"),
          {"refused", "550 5.7.1", "domain example.org, which is pending",
           "metkactl domain prove example.org"});
    check(recipient(office, "a!b@moja-firma.lublin.pl"),
          {"refused", "550 5.1.1", "domain moja-firma.lublin.pl", "metkactl mailbox add"});
}

TEST_CASE("the nearest of all that suspends an inbox is named, with what resumes it")
{
    struct Row {
        std::string_view verb, params, object, remedy;
    };
    const std::vector<Row> rows{
        {"customer", R"({"name":"firma"})", "customer firma", "metkactl customer resume firma"},
        {"shell", R"({"login":"anna"})", "shell account anna", "metkactl shell resume anna"},
        {"mailbox", R"({"address":"biuro@moja-firma.lublin.pl"})", "mailbox biuro@moja-firma.lublin.pl",
         "metkactl mailbox resume biuro@"},
    };
    TestOffice office;
    office.settle();
    office.free_mailbox(biuro);
    for (const auto& row : rows) { // each stands nearer than the ones before it
        office.done(fmt::format("{}.suspend", row.verb), row.params);
        check(recipient(office, biuro), {"later", "450 4.2.1", row.object, row.remedy});
        const auto login = office.done("explain.login", R"({"name":"biuro@moja-firma.lublin.pl"})");
        CHECK(text_of(login, "sending") == "refused");
        CHECK(text_of(login, "reading") == "refused");
        CHECK(text_of(login, "decided_by") == row.object);
    }
    office.done("domain.suspend", R"({"domain":"moja-firma.lublin.pl"})");
    check(recipient(office, biuro), {"later", "450 4.2.1", "domain moja-firma.lublin.pl",
                                     "metkactl domain resume moja-firma.lublin.pl"});
}

TEST_CASE("an expired mailbox is refused until it is renewed, a full one until there is room")
{
    TestOffice office;
    office.settle();
    office.free_mailbox(biuro);
    office.trees.uses[office.mailbox_id(biuro)] = 10_MiB;
    check(recipient(office, biuro),
          {"later", "452 4.2.2", "mailbox biuro@moja-firma.lublin.pl", "metkactl mailbox set biuro@"});
    office.trees.uses[office.mailbox_id(biuro)] = 1_MiB;
    office.done("shell.set", R"({"login":"anna","disk_limit":"1M","force":true})");
    check(recipient(office, biuro), {"later", "452 4.2.2", "shell account anna", "metkactl shell set anna"});

    office.done("mailbox.set", R"({"address":"biuro@moja-firma.lublin.pl","valid_until":"2026-03-10"})");
    office.pass(days(2));
    const auto answer = recipient(office, biuro);
    check(answer, {"refused", "550 5.2.1", "mailbox biuro@moja-firma.lublin.pl", "metkactl mailbox renew"});
    CHECK(text_of(answer, "state") == "expired");
    CHECK(text_of(answer, "valid_until") == "2026-03-10");
    const auto login = office.done("explain.login", R"({"name":"biuro@moja-firma.lublin.pl"})");
    CHECK(text_of(login, "sending") == "refused");
    CHECK(text_of(login, "reading") == "accepted");
    check(sender(office, biuro, biuro),
          {"refused", "535 5.7.13", "mailbox biuro@moja-firma.lublin.pl", "metkactl mailbox renew"});
}

TEST_CASE("a sender is explained for who has logged in, and for a server from outside")
{
    TestOffice office;
    office.settle();
    office.settle_neighbours();
    office.free_mailbox(biuro);
    check(sender(office, biuro, biuro), {"accepted", "250 2.1.0", "mailbox biuro@moja-firma.lublin.pl", ""});
    check(sender(office, biuro, "anna"),
          {"refused", "553 5.7.1", "mailbox biuro@moja-firma.lublin.pl", "metkactl alias set"});
    check(sender(office, "nikt@moja-firma.lublin.pl", "anna"),
          {"refused", "553 5.7.1", "domain moja-firma.lublin.pl, where nobody has the address",
           "metkactl alias add nikt@moja-firma.lublin.pl --to anna"});
    check(sender(office, "jan@example.org", "anna"),
          {"refused", "553 5.7.1", "a domain that is not here", ""});
    CHECK(text_of(sender(office, biuro), "belongs_to") == biuro);
    check(sender(office, biuro), {"accepted", "250 2.1.0", "domain moja-firma.lublin.pl",
                                  "metkactl domain set moja-firma.lublin.pl --protect-sender on"});
    check(sender(office, "jan@example.org"), {"accepted", "250 2.1.0", "", ""});
    office.done("domain.set", R"({"domain":"moja-firma.lublin.pl","protect_sender":"on"})");
    check(sender(office, biuro), {"refused", "550 5.7.1", "domain moja-firma.lublin.pl",
                                  "metkactl domain set moja-firma.lublin.pl --protect-sender off"});
    check(sender(office, biuro, biuro), {"accepted", "250 2.1.0", "mailbox biuro@moja-firma.lublin.pl", ""});
    office.done("domain.suspend", R"({"domain":"other.lublin.pl"})");
    office.done("alias.add", R"({"address":"ewa@other.lublin.pl","to":"ewa"})");
    check(sender(office, "ewa@other.lublin.pl", "ewa"),
          {"refused", "553 5.7.1", "domain other.lublin.pl, which is suspended",
           "metkactl domain resume other.lublin.pl"});
    CHECK(office.refused("explain.sender", R"({"address":"a@example.org","login":"nobody"})").fault ==
          Fault::not_found);
}

TEST_CASE("a sending limit is explained by the plan, or by the account that has one of its own")
{
    TestOffice office;
    office.settle();
    office.done("shell.set", R"({"login":"anna","messages_per_day":50})");
    office.done("alias.add", R"({"address":"info@moja-firma.lublin.pl","to":"anna"})");
    for (const auto* name : {"anna", "info@moja-firma.lublin.pl"}) {
        const auto answer = office.done("explain.limit", fmt::format(R"({{"name":"{}"}})", name));
        CHECK(text_of(answer, "account") == "anna");
        CHECK(text_of(answer, "plan") == "standard");
        CHECK(number_of(answer, "messages_per_hour") == 250);
        CHECK(text_of(answer, "hour_decided_by") == "plan standard");
        CHECK(number_of(answer, "messages_per_day") == 50);
        CHECK(text_of(answer, "day_decided_by") == "shell account anna");
        CHECK(text_of(answer, "remedy").starts_with("metkactl shell set anna --messages-per-hour"));
    }
    CHECK(office.refused("explain.limit", R"({"name":"nobody"})").fault == Fault::not_found);
}

TEST_CASE("a receipt is told as metka-smtp remembers it, and otherwise sends to the log")
{
    TestOffice office;
    office.refusals.kept["K7Q2-M3TX"] = {.at = office.clock.now(),
                                         .session = "s1",
                                         .listener = "smtp",
                                         .peer = "192.0.2.7",
                                         .login = "",
                                         .command = "RCPT",
                                         .sender = "<>",
                                         .recipient = "nikt@moja-firma.lublin.pl",
                                         .reply = "550 5.1.1 no such mailbox here",
                                         .rule = "a rule",
                                         .remedy = "a remedy"};
    const auto answer = office.done("explain.receipt", R"({"code":"k7q2m3tx"})");
    CHECK(text_of(answer, "code") == "K7Q2-M3TX");
    CHECK(text_of(answer, "at") == "2026-03-10T00:00:00Z");
    CHECK(text_of(answer, "recipient") == "nikt@moja-firma.lublin.pl");
    CHECK(answer.member("login")->is_null());
    CHECK(text_of(answer, "remedy") == "a remedy");

    const auto gone = office.refused("explain.receipt", R"({"code":"2222-2222"})");
    CHECK(gone.fault == Fault::not_found);
    CHECK_MESSAGE(gone.text.contains("look there for receipt=2222-2222"), gone.text);
    CHECK(office.refused("explain.receipt", R"({"code":"K7Q2"})").field == "code");
    office.refusals.out_of_order = true;
    const auto away = office.refused("explain.receipt", R"({"code":"K7Q2-M3TX"})");
    CHECK(away.fault == Fault::unavailable);
    CHECK(away.text.contains("receipt=K7Q2-M3TX"));
}
