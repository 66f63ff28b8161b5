#include <algorithm>

#include "tests/unit/metkad/office.h"

using namespace metka;
using namespace metka::metkad::test;

namespace {

constexpr auto sweep = "sweep.quota";
using Texts = std::vector<std::string>;

InboxId id_of(TestOffice& office, std::string_view login)
{
    return office.registry.shell_account(login)->value().id;
}

} // namespace

TEST_CASE("the quota sweep measures every inbox, counts missed notices and notes its end")
{
    TestOffice office;
    office.settle();
    office.settle_neighbours();
    office.free_mailbox("a@moja-firma.lublin.pl");
    office.unix_accounts.home.used = 7_MiB;
    office.trees.checks[office.mailbox_id("a@moja-firma.lublin.pl")] = {.used = 9_MiB, .noticed = true};
    office.trees.checks[id_of(office, "anna")] = {.used = 1_MiB, .space = 490_MiB, .noticed = true};
    const auto answer = office.done(sweep, "{}");
    CHECK(number_of(answer, "inboxes") == 4); // and the operator's
    CHECK(number_of(answer, "noticed") == 2);
    CHECK(texts(*answer.member("over")).empty());
    CHECK(texts(*answer.member("problems")).empty());
    CHECK(number_of(office.done("shell.show", R"({"login":"anna"})"), "home") == 7 << 20);
    CHECK(text_of(office.done("status", "{}"), "quota_sweep") == "2026-03-10T00:00:00Z");
    CHECK(office.progress.size() == 4);
}

TEST_CASE(
    "the quota sweep reports who is over the limit: mailboxes by themselves, shell accounts by their space")
{
    TestOffice office;
    office.settle();
    office.free_mailbox("a@moja-firma.lublin.pl");
    office.trees.checks[office.mailbox_id("a@moja-firma.lublin.pl")] = {.used = 11_MiB};
    office.trees.checks[id_of(office, "anna")] = {.used = 1_MiB, .space = 501_MiB};
    auto over = texts(*office.done(sweep, "{}").member("over"));
    std::ranges::sort(over);
    CHECK(over == Texts{"a@moja-firma.lublin.pl uses 11 MiB of 10 MiB", "anna uses 501 MiB of 500 MiB"});
    office.trees.checks[office.mailbox_id("a@moja-firma.lublin.pl")].used =
        10_MiB; // exactly full is not over
    office.trees.checks[id_of(office, "anna")].space = 500_MiB;
    CHECK(texts(*office.done(sweep, "{}").member("over")).empty());
}

TEST_CASE("what a person must look at is a problem of the sweep, each by itself")
{
    TestOffice office;
    office.settle();
    std::string_view says;
    SUBCASE("entries that are no mail")
    {
        office.trees.checks[id_of(office, "anna")] = {.skipped = 4};
        says = "anna holds entries that are no mail and are not counted: 4";
    }
    SUBCASE("folders that could not be read")
    {
        office.unix_accounts.home.unreadable = 2;
        says = "the home of anna has folders that could not be read: 2";
    }
    SUBCASE("what the fence says")
    {
        office.fences.report = {
            .kind = "quota", .covers = "mail", .used = 1_MiB, .problems = {"a shed project id"}};
        says = "anna: a shed project id";
    }
    SUBCASE("a kernel that counts much more than Metka")
    {
        office.trees.checks[id_of(office, "anna")] = {.space = 100_MiB};
        office.fences.report = {.kind = "btrfs", .covers = "home and mail", .used = 127_MiB, .problems = {}};
        says = "anna: the kernel counts 127 MiB, Metka 100 MiB";
    }
    SUBCASE("a Unix user of that name with another uid")
    {
        office.unix_accounts.users["anna"] = 1099;
        says = "the home of anna could not be measured";
    }
    const auto problems = texts(*office.done(sweep, "{}").member("problems"));
    REQUIRE(problems.size() == 1);
    CHECK_MESSAGE(problems.front().starts_with(says), problems.front());
}

TEST_CASE("a kernel that counts a little more than Metka is no problem")
{
    TestOffice office;
    office.settle();
    office.trees.checks[id_of(office, "anna")] = {.space = 100_MiB};
    office.fences.report = {.kind = "btrfs", .covers = "home and mail", .used = 126_MiB, .problems = {}};
    CHECK(texts(*office.done(sweep, "{}").member("problems")).empty());
}

TEST_CASE("one account that cannot be counted does not stop the others")
{
    TestOffice office;
    office.settle();
    office.free_mailbox("a@moja-firma.lublin.pl");
    office.free_mailbox("b@moja-firma.lublin.pl");
    office.trees.uncountable = {id_of(office, "anna"), office.mailbox_id("a@moja-firma.lublin.pl")};
    office.trees.checks[office.mailbox_id("b@moja-firma.lublin.pl")] = {.used = 9_MiB, .noticed = true};
    const auto answer = office.done(sweep, "{}");
    CHECK(number_of(answer, "noticed") == 1);
    CHECK(number_of(answer, "inboxes") == 4);
    CHECK(texts(*answer.member("problems")).size() == 2);
    CHECK(
        texts(*answer.member("problems")).front().contains("could not be counted: a folder cannot be read"));
}

TEST_CASE("the quota sweep goes on without any one of the programs it asks")
{
    TestOffice counted;
    counted.settle();
    counted.free_mailbox("a@moja-firma.lublin.pl");
    const auto begun = counted.troubles.calls();
    counted.done(sweep, "{}");
    const auto calls = counted.troubles.calls() - begun;
    REQUIRE(calls == 4);
    for (std::size_t n = 0; n < calls; ++n) {
        TestOffice office;
        office.settle();
        office.free_mailbox("a@moja-firma.lublin.pl");
        office.troubles.fails_at = office.troubles.calls() + n;
        const auto answer = office.done(sweep, "{}");
        CHECK(texts(*answer.member("problems")).size() == 1);
        CHECK(texts(*office.done(sweep, "{}").member("problems")).empty());
    }
}

TEST_CASE("a dry run of the quota sweep measures with what is known, and sends and notes nothing")
{
    TestOffice office;
    office.settle();
    office.free_mailbox("a@moja-firma.lublin.pl");
    office.trees.uses[office.mailbox_id("a@moja-firma.lublin.pl")] = 11_MiB;
    const auto before = office.dump();
    const auto answer = office.done(sweep, R"({"dry_run":true})");
    CHECK(texts(*answer.member("over")) == Texts{"a@moja-firma.lublin.pl uses 11 MiB of 10 MiB"});
    CHECK(text_of(answer, "summary").starts_with("rehearsal: "));
    CHECK(office.notes.empty());
    CHECK(office.dump() == before);
    CHECK_FALSE(office.registry.last_sweep(directory::Sweep::quota)->has_value());
}

TEST_CASE("of two quota sweeps at once the second is told to wait, an expiry sweep is not")
{
    TestOffice office;
    office.settle();
    const auto answers =
        office.at_once({request(sweep, "{}"), request(sweep, "{}", 2), request("sweep.expiry", "{}", 3)});
    CHECK(control::parse_answer(answers[0], 1).has_value());
    CHECK(control::parse_answer(answers[1], 2).error().fault == Fault::unavailable);
    CHECK(control::parse_answer(answers[2], 3).has_value());
    office.done(sweep, "{}");
}

TEST_CASE("notices are listed, of everybody or of one")
{
    TestOffice office;
    office.settle();
    office.done(
        "mailbox.add",
        R"({"address":"a@moja-firma.lublin.pl","customer":"firma","valid_until":"+1d","password":"x"})");
    office.done(
        "mailbox.add",
        R"({"address":"b@moja-firma.lublin.pl","customer":"firma","valid_until":"+7d","password":"x"})");
    office.done("sweep.expiry", "{}");
    CHECK(column(office.done("notices.list", "{}"), "about") ==
          Texts{"2026-03-17, 7 days before", "2026-03-11, 1 days before"});
    CHECK(column(office.done("notices.list", R"({"most":1})"), "about").size() == 1);
    CHECK(column(office.done("notices.list", R"({"inbox":"a@moja-firma.lublin.pl"})"), "about") ==
          Texts{"2026-03-11, 1 days before"});
    CHECK(column(office.done("notices.list", R"({"inbox":"anna"})"), "about").empty());
    CHECK(office.refused("notices.list", R"({"inbox":"nikt"})").fault == Fault::not_found);
}
