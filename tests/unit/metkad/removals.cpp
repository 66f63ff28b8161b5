// Rule 8: what owns something goes only with --recursive, and then with all it owns; mail keeps its grace,
// addresses their quarantine.

#include <algorithm>

#include "tests/unit/metkad/office.h"

using namespace metka;
using namespace metka::metkad::test;
using std::chrono::days;

namespace {

// anna: free mailbox a, alias x of a, alias y of anna; paid mailbox p, alias z of p.
void fill(TestOffice& office)
{
    office.settle();
    office.free_mailbox("a@moja-firma.lublin.pl");
    office.done("mailbox.add",
                R"({"address":"p@moja-firma.lublin.pl","customer":"firma","grace_days":60,"password":"x"})");
    office.done("alias.add", R"({"address":"x@moja-firma.lublin.pl","to":"a@moja-firma.lublin.pl"})");
    office.done("alias.add", R"({"address":"z@moja-firma.lublin.pl","to":"p@moja-firma.lublin.pl"})");
    office.done("my.alias.add", R"({"address":"y@moja-firma.lublin.pl"})", anna);
    office.notes.clear();
}

bool is_quarantined(TestOffice& office, std::string_view text)
{
    return office.registry.quarantine(address(text))->has_value();
}

std::vector<std::string> buried(TestOffice& office)
{
    std::vector<std::string> logins;
    for (const auto& each : *office.registry.removed())
        logins.push_back(each.login);
    std::ranges::sort(logins);
    return logins;
}

using Steps = std::vector<std::string>;

} // namespace

TEST_CASE("who owns something is refused with the list of it and what to say")
{
    TestOffice office;
    fill(office);
    const auto before = office.dump();
    const auto error = office.refused("shell.remove", R"({"login":"anna"})");
    CHECK(error.fault == Fault::conflict);
    CHECK(error.text ==
          "shell account anna still owns mailbox a@moja-firma.lublin.pl, alias x@moja-firma.lublin.pl, "
          "alias y@moja-firma.lublin.pl; remove those first, or say --recursive");
    for (const std::string_view name :
         {"mailbox a@", "mailbox p@", "alias x@", "alias y@", "alias z@", "anna"}) {
        CHECK(office.refused("domain.remove", R"({"domain":"moja-firma.lublin.pl"})").text.contains(name));
        CHECK(office.refused("customer.remove", R"({"name":"firma"})").text.contains(name));
    }
    CHECK(office.dump() == before);
}

TEST_CASE("a shell account goes with its free mailboxes and all their aliases, in one change and one row of "
          "the audit")
{
    TestOffice office;
    fill(office);
    const auto box = office.mailbox_id("a@moja-firma.lublin.pl");
    const auto audited = office.registry.audit({.most = 100})->size();
    const auto rehearsed = office.done("shell.remove", R"({"login":"anna","recursive":true,"dry_run":true})");
    const auto answer = office.done("shell.remove", R"({"login":"anna","recursive":true})");
    CHECK(steps_of(answer) == Steps{"remove shell account anna", "remove mailbox a@moja-firma.lublin.pl",
                                    "remove alias x@moja-firma.lublin.pl",
                                    "remove alias y@moja-firma.lublin.pl"});
    CHECK(steps_of(answer) == steps_of(rehearsed));
    CHECK(office.registry.shell_accounts()->empty());
    CHECK(column(office.done("alias.list", "{}"), "address") == Steps{"z@moja-firma.lublin.pl"});
    CHECK(buried(office) == Steps{"anna"}); // whose space holds the mailbox
    CHECK(office.has_tree(box));
    CHECK(office.keys.passwords.size() == 1); // of the paid one
    for (const std::string_view freed :
         {"a@moja-firma.lublin.pl", "x@moja-firma.lublin.pl", "y@moja-firma.lublin.pl",
          "anna@platon.man.lublin.pl", "a.moja-firma@platon.man.lublin.pl"})
        CHECK_MESSAGE(is_quarantined(office, freed), freed);
    const auto audit = office.registry.audit({.most = 100}).value();
    CHECK(audit.size() == audited + 1);
    CHECK(audit.front().subject == "anna");
    CHECK(
        audit.front().before ==
        R"({"login":"anna","customer":"firma","state":"active","disk_limit":524288000,"free_domain":"moja-firma.lublin.pl"})");
}

TEST_CASE("a domain goes with its addresses, and free mailboxes have no place until another is agreed")
{
    TestOffice office;
    fill(office);
    office.done("domain.remove", R"({"domain":"moja-firma.lublin.pl","recursive":true})");
    CHECK(office.registry.domains()->empty());
    CHECK(office.registry.aliases()->empty());
    CHECK(office.registry.mailboxes()->size() == 1); // the operator's
    CHECK(office.done("shell.show", R"({"login":"anna"})").member("free_domain")->is_null());
    CHECK(buried(office) == Steps{"a@moja-firma.lublin.pl", "p@moja-firma.lublin.pl"});
    CHECK(office.keys.passwords.empty());
    CHECK(office.zones_written == 2);
}

TEST_CASE("a customer goes with everything, and nobody else's things do")
{
    TestOffice office;
    fill(office);
    office.settle_neighbours();
    office.done("mailbox.add", R"({"address":"q@other.lublin.pl","customer":"other","password":"x"})");
    const auto answer = office.done("customer.remove", R"({"name":"firma","recursive":true})");
    CHECK(steps_of(answer).size() == 8);
    CHECK(column(office.done("customer.list", "{}"), "name") == Steps{"operator", "other"});
    CHECK(column(office.done("domain.list", "{}"), "domain") == Steps{"other.lublin.pl"});
    CHECK(column(office.done("shell.list", "{}"), "login") == Steps{"ewa"});
    CHECK(office.registry.mailboxes()->size() == 2);
    CHECK(office.registry.aliases()->empty());
    CHECK(buried(office) == Steps{"anna", "p@moja-firma.lublin.pl"});
    CHECK(office.keys.passwords.size() == 1);
    CHECK(office.refused("shell.add", R"({"login":"anna","customer":"other","adopt":true})")
              .text.contains("in quarantine"));
}

TEST_CASE("mail of what was removed waits for its own grace, and the sweep deletes it then")
{
    TestOffice office;
    fill(office);
    const auto paid = office.mailbox_id("p@moja-firma.lublin.pl");
    const auto shell = office.registry.shell_account("anna")->value().id;
    office.done("customer.remove", R"({"name":"firma","recursive":true})");
    const auto sweep_after = [&](days time) {
        for (int i = 0; i < time.count(); ++i) { // every day, as cron does
            office.pass(days(1));
            office.done("sweep.expiry", "{}");
        }
    };
    office.done("sweep.expiry", "{}");
    sweep_after(days(29));
    CHECK(office.has_tree(shell));
    sweep_after(days(1));
    CHECK_FALSE(office.has_tree(shell));
    CHECK(office.fences.standing.empty());
    CHECK(office.has_tree(paid));
    sweep_after(days(30));
    CHECK_FALSE(office.has_tree(paid));
    CHECK(buried(office).empty());
    CHECK(is_quarantined(office, "p@moja-firma.lublin.pl"));
    sweep_after(days(30));
    CHECK_FALSE(is_quarantined(office, "p@moja-firma.lublin.pl"));
}

TEST_CASE("a secret that could not be removed is said, is no fault, and goes with the mail")
{
    TestOffice office;
    fill(office);
    office.troubles.fails_at = office.troubles.calls();
    const auto answer = office.done("mailbox.remove", R"({"address":"p@moja-firma.lublin.pl"})");
    CHECK(steps_of(answer).back().contains("the password of p@moja-firma.lublin.pl is still stored"));
    CHECK(office.keys.passwords.size() == 2);
    office.pass(days(60));
    office.done("sweep.expiry", R"({"yes":true})");
    CHECK(office.keys.passwords.size() == 1);
}

TEST_CASE("an alias that is removed or renamed leaves its address to its customer")
{
    TestOffice office;
    fill(office);
    CHECK(steps_of(office.done("alias.remove", R"({"address":"x@moja-firma.lublin.pl"})")) ==
          Steps{"remove alias x@moja-firma.lublin.pl"});
    office.done("alias.rename", R"({"address":"z@moja-firma.lublin.pl","to":"w@moja-firma.lublin.pl"})");
    CHECK(is_quarantined(office, "x@moja-firma.lublin.pl"));
    CHECK(is_quarantined(office, "z@moja-firma.lublin.pl"));
    CHECK(text_of(office.done("alias.show", R"({"address":"w@moja-firma.lublin.pl"})"), "to") ==
          "p@moja-firma.lublin.pl");
}

TEST_CASE("a created Unix user goes only with --remove-unix-user, which an adopted one refuses")
{
    TestOffice office;
    fill(office);
    office.done("shell.add", R"({"login":"jan","customer":"firma"})");
    office.done("shell.remove", R"({"login":"jan"})");
    CHECK(office.unix_accounts.users.contains("jan"));
    office.done("shell.add", R"({"login":"jan","customer":"firma","adopt":true})");
    CHECK(
        office.refused("shell.remove", R"({"login":"jan","remove_unix_user":true,"recursive":true})").fault ==
        Fault::conflict);
    CHECK(office.registry.shell_account("jan")->has_value());
}
