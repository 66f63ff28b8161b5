// Rules 5, 6 and 9 and renewals through the handlers; 3 and 4 are in my_account.cpp, 8 in removals.cpp.

#include "tests/unit/metkad/office.h"

using namespace metka;
using namespace metka::metkad::test;
using std::chrono::days;

namespace {

constexpr std::string_view a = R"({"address":"a@moja-firma.lublin.pl"})";

std::string renewed(TestOffice& office, std::string_view more = "")
{
    office.done("mailbox.renew", fmt::format(R"({{"address":"a@moja-firma.lublin.pl"{}}})", more));
    return text_of(office.done("mailbox.show", a), "valid_until");
}

} // namespace

TEST_CASE("a disk limit below what is promised is refused with the numbers, and forced nothing is deleted")
{
    TestOffice office;
    office.settle();
    office.free_mailbox("a@moja-firma.lublin.pl");
    office.unix_accounts.home.used = 5_MiB;
    office.done("sweep.quota", "{}");
    const auto error = office.refused("shell.set", R"({"login":"anna","disk_limit":"14M"})");
    CHECK(error.fault == Fault::limit);
    CHECK_MESSAGE(error.text.contains("would need 15 MiB: 5 MiB used"), error.text);
    CHECK(error.text.contains("metkactl shell set anna --disk-limit"));
    office.done("shell.set", R"({"login":"anna","disk_limit":"15M"})");
    const auto trees = office.trees.made;
    office.done("shell.set", R"({"login":"anna","disk_limit":"1M","force":true})");
    CHECK(office.trees.made == trees);
    CHECK(office.registry.mailbox(address("a@moja-firma.lublin.pl"))->has_value());
    CHECK(office.fences.standing.begin()->second == Capacity(1_MiB));
    CHECK(office.refused("mailbox.set", R"({"address":"a@moja-firma.lublin.pl","capacity":"11M"})").fault ==
          Fault::limit);
    office.done("mailbox.set", R"({"address":"a@moja-firma.lublin.pl","capacity":"9M"})"); // which helps
    office.done("shell.set", R"({"login":"anna","disk_limit":"2M"})");                     // so does this
}

TEST_CASE("a capacity below what is used is refused, says --force, and is taken with it")
{
    TestOffice office;
    office.settle();
    office.free_mailbox("a@moja-firma.lublin.pl");
    office.trees.uses[office.mailbox_id("a@moja-firma.lublin.pl")] = 5_MiB;
    const auto error =
        office.refused("mailbox.set", R"({"address":"a@moja-firma.lublin.pl","capacity":"4M"})");
    CHECK(error.fault == Fault::limit);
    CHECK(error.text.contains("holds 5 MiB, which is more than 4 MiB"));
    CHECK(error.text.contains("--force"));
    office.done("mailbox.set", R"({"address":"a@moja-firma.lublin.pl","capacity":"4M","force":true})");
    CHECK(number_of(office.done("mailbox.show", a), "capacity") == 4 << 20);
}

TEST_CASE("--force prepares addresses in a pending domain of the same customer, and helps with nothing else")
{
    TestOffice office;
    office.settle();
    office.settle_neighbours();
    office.done("domain.add", R"({"domain":"example.com","customer":"firma"})");
    const auto pending = R"({"address":"a@example.com","customer":"firma","password":"x"})";
    CHECK(office.refused("mailbox.add", pending).text.contains("say --force"));
    office.done("mailbox.add",
                R"({"address":"a@example.com","customer":"firma","password":"x","force":true})");
    office.done("alias.add", R"({"address":"b@example.com","to":"a@example.com","force":true})");
    CHECK(office
              .refused("mailbox.add",
                       R"({"address":"c@example.com","customer":"other","password":"x","force":true})")
              .fault == Fault::conflict);
    CHECK(office.refused("mailbox.set", R"({"address":"a@example.com","force":true})")
              .text.contains("say what to set"));
}

TEST_CASE("the free-mail domain changes only while it holds no free mailbox, and stays within the customer")
{
    TestOffice office;
    office.settle();
    office.settle_neighbours();
    office.done("domain.add", R"({"domain":"druga.lublin.pl","customer":"firma"})");
    office.free_mailbox("a@moja-firma.lublin.pl");
    for (const std::string_view to : {"druga.lublin.pl", "none"})
        CHECK(office.refused("shell.set", fmt::format(R"({{"login":"anna","free_domain":"{}"}})", to))
                  .text.contains("holds 1 free mailbox; their domain can change only when there is none"));
    office.done("mailbox.remove", a);
    CHECK(office.refused("shell.set", R"({"login":"anna","free_domain":"other.lublin.pl"})").field ==
          "free_domain");
    office.done("shell.set", R"({"login":"anna","free_domain":"druga.lublin.pl"})");
    office.done("shell.set", R"({"login":"anna","free_domain":"none"})");
}

TEST_CASE(
    "a renamed mailbox keeps its id, and its old address goes, or stays as an alias that is not counted")
{
    TestOffice office;
    office.settle();
    office.settle_neighbours();
    office.free_mailbox("a@moja-firma.lublin.pl");
    const auto id = office.mailbox_id("a@moja-firma.lublin.pl");
    office.done("mailbox.rename",
                R"({"address":"a@moja-firma.lublin.pl","to":"b@moja-firma.lublin.pl","keep_alias":true})");
    CHECK(text_of(office.done("alias.show", a), "made_by") == "administrator");
    office.done("mailbox.rename", R"({"address":"b@moja-firma.lublin.pl","to":"c@moja-firma.lublin.pl"})");
    CHECK(office.mailbox_id("c@moja-firma.lublin.pl") == id);
    CHECK(office.registry.quarantine(address("b@moja-firma.lublin.pl"))->has_value());
    CHECK(office.notes.empty());
    struct Row {
        std::string_view to;
        Fault fault;
    };
    for (const auto& row :
         {Row{"a@moja-firma.lublin.pl", Fault::conflict}, Row{"c@other.lublin.pl", Fault::conflict},
          Row{"c@nigdzie.pl", Fault::not_found}, Row{"c@platon.man.lublin.pl", Fault::conflict}}) {
        CAPTURE(row.to);
        CHECK(office
                  .refused("mailbox.rename",
                           fmt::format(R"({{"address":"c@moja-firma.lublin.pl","to":"{}"}})", row.to))
                  .fault == row.fault);
    }
}

TEST_CASE(
    "a mailbox is renewed from its last day on, or from today where that has passed, and nothing was lost")
{
    TestOffice office;
    office.settings.plan_lifetime = 10;
    office.settle();
    office.done("mailbox.add", R"({"address":"a@moja-firma.lublin.pl","customer":"firma","password":"x"})");
    const auto id = office.mailbox_id("a@moja-firma.lublin.pl");
    CHECK(renewed(office) == "2026-03-30"); // 10 days after 2026-03-20
    CHECK(renewed(office, R"(,"until":"2026-04-02")") == "2026-04-02");
    office.pass(days(40)); // 2026-04-19
    office.done("sweep.expiry", "{}");
    CHECK(text_of(office.done("mailbox.show", a), "state") == "expired");
    CHECK(text_of(office.done("mailbox.show", a), "purged_after") == "2026-05-02");
    CHECK(renewed(office) == "2026-04-29");
    CHECK(text_of(office.done("mailbox.show", a), "state") == "active");
    CHECK(office.mailbox_id("a@moja-firma.lublin.pl") == id);
    CHECK(office.has_tree(id));
    office.pass(days(30));
    CHECK(number_of(office.done("sweep.expiry", R"({"yes":true})"), "purged") ==
          0); // its new end was not told yet
    office.settings.plan_lifetime = 0;
    CHECK(office.refused("mailbox.renew", a).field == "until");
    CHECK(
        office.refused("mailbox.renew", R"({"address":"a@moja-firma.lublin.pl","until":"some day"})").fault ==
        Fault::invalid);
}

TEST_CASE("a suspended mailbox can be renewed and stays suspended")
{
    TestOffice office;
    office.settle();
    office.free_mailbox("a@moja-firma.lublin.pl");
    office.done("mailbox.suspend", a);
    renewed(office, R"(,"until":"+1y")");
    CHECK(text_of(office.done("mailbox.show", a), "state") == "suspended");
}
