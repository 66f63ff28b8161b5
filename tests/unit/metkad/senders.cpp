// Who may send how much, and as whom: what administrators set.

#include "tests/unit/metkad/office.h"

using namespace metka;
using namespace metka::metkad::test;

namespace {

constexpr auto domain = R"({"domain":"moja-firma.lublin.pl"})";
constexpr auto biuro = R"({"address":"biuro@moja-firma.lublin.pl"})";

using Steps = std::vector<std::string>;

} // namespace

TEST_CASE("a domain protects its senders when it is told to, and no longer when it is told not to")
{
    TestOffice office;
    office.settle();
    const auto name = DomainName::parse("moja-firma.lublin.pl").value();
    const auto on = R"({"domain":"moja-firma.lublin.pl","protect_sender":"on"})";
    const auto rehearsed = office.done(
        "domain.set", R"({"domain":"moja-firma.lublin.pl","protect_sender":"on","dry_run":true})");
    CHECK(steps_of(rehearsed) == Steps{"protection of its senders: “off” becomes “on”"});
    CHECK_FALSE(office.registry.protects_senders(name).value());
    CHECK(steps_of(office.done("domain.set", on)) == steps_of(rehearsed));
    CHECK(office.registry.protects_senders(name).value());
    CHECK(*office.done("domain.show", domain).member("protect_sender") == Json(true));
    CHECK(*office.done("domain.list", "{}").array()->at(0).member("protect_sender") == Json(true));
    const auto entry = office.registry.audit({.most = 1}).value().at(0);
    CHECK(entry.before.contains(R"("protect_sender":false)"));
    CHECK(entry.after.contains(R"("protect_sender":true)"));

    CHECK(steps_of(office.done("domain.set", on)) == Steps{"moja-firma.lublin.pl is like that already"});
    office.done("domain.set", R"({"domain":"moja-firma.lublin.pl","protect_sender":"off"})");
    CHECK_FALSE(office.registry.protects_senders(name).value());
    CHECK(office.refused("domain.set", R"({"domain":"moja-firma.lublin.pl","protect_sender":"yes"})").field ==
          "protect_sender");
    office.done("domain.add", R"({"domain":"druga.lublin.pl","customer":"firma","protect_sender":"on"})");
    CHECK(office.registry.protects_senders(DomainName::parse("druga.lublin.pl").value()).value());
}

TEST_CASE("the host domain protects its senders when it is told to, and nothing else of it is changed")
{
    TestOffice office;
    office.settle();
    const auto host = DomainName::parse("platon.man.lublin.pl").value();
    const auto card = R"({"domain":"platon.man.lublin.pl"})";
    office.done("domain.set", R"({"domain":"platon.man.lublin.pl","protect_sender":"on"})");
    CHECK(office.registry.protects_senders(host).value());
    const auto shown = office.done("domain.show", card);
    CHECK(*shown.member("protect_sender") == Json(true));
    CHECK(*shown.member("kind") == Json("host"));
    CHECK(shown.member("customer")->is_null());
    CHECK(number_of(shown, "most_free_mailboxes") == 0);
    for (const std::string_view more : {R"("state":"suspended")", R"("owned":true)", R"("free_mailboxes":3)"})
        CHECK(office
                  .refused(
                      "domain.set",
                      fmt::format(R"({{"domain":"platon.man.lublin.pl","protect_sender":"off",{}}})", more))
                  .fault == Fault::conflict);
    for (const std::string_view verb : {"domain.suspend", "domain.resume", "domain.remove"})
        CHECK(office.refused(verb, card).fault == Fault::conflict);
    CHECK(office.registry.protects_senders(host).value());
}

TEST_CASE("an account sends what its plan says, or its own numbers until “plan” is said")
{
    TestOffice office;
    office.settings.plan_messages_per_hour = 250;
    office.settle();
    office.free_mailbox("biuro@moja-firma.lublin.pl");
    auto shown = office.done("mailbox.show", biuro);
    CHECK(number_of(shown, "messages_per_hour") == 250);
    CHECK(number_of(shown, "messages_per_day") == 1000);

    const auto set = office.done(
        "mailbox.set",
        R"({"address":"biuro@moja-firma.lublin.pl","messages_per_hour":2000,"messages_per_day":"0"})");
    CHECK(steps_of(set) ==
          Steps{"messages an hour: “plan: 250” becomes “2000”", "messages a day: “plan: 1000” becomes “0”"});
    shown = office.done("mailbox.show", biuro);
    CHECK(number_of(shown, "messages_per_hour") == 2000);
    CHECK(number_of(shown, "messages_per_day") == 0);
    office.done("mailbox.set", R"({"address":"biuro@moja-firma.lublin.pl","messages_per_hour":"plan"})");
    CHECK(number_of(office.done("mailbox.show", biuro), "messages_per_hour") == 250);
    CHECK_FALSE(office.registry.mailbox(address("biuro@moja-firma.lublin.pl")).value()->messages_per_hour);

    office.done("shell.set", R"({"login":"anna","messages_per_day":50})");
    shown = office.done("shell.show", R"({"login":"anna"})");
    CHECK(number_of(shown, "messages_per_hour") == 250);
    CHECK(number_of(shown, "messages_per_day") == 50);
    CHECK(office.registry.sending(office.mailbox_id("biuro@moja-firma.lublin.pl")).value() ==
          directory::SendingRecord{.plan = "standard", .messages_per_day = 0});
    CHECK(office.refused("shell.set", R"({"login":"anna","messages_per_day":"many"})").field ==
          "messages_per_day");
}

TEST_CASE("new accounts can begin with sending numbers of their own, and plans show theirs")
{
    TestOffice office;
    office.settle();
    office.done("mailbox.add",
                R"({"address":"masowy@moja-firma.lublin.pl","customer":"firma","password":"x",
                    "messages_per_hour":5000,"messages_per_day":20000})");
    const auto mailbox = office.registry.mailbox(address("masowy@moja-firma.lublin.pl")).value().value();
    CHECK(mailbox.messages_per_hour == 5000);
    CHECK(mailbox.messages_per_day == 20000);
    office.done("shell.add", R"({"login":"ewa","customer":"firma","adopt":true,"messages_per_hour":1})");
    CHECK(office.registry.shell_account("ewa").value()->messages_per_hour == 1);
    const auto plan = office.done("plan.show", R"({"name":"standard"})");
    CHECK(number_of(plan, "messages_per_hour") == 250);
    CHECK(number_of(plan, "messages_per_day") == 1000);
}
