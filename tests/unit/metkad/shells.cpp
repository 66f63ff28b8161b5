#include "tests/unit/metkad/office.h"

using namespace metka;
using namespace metka::metkad::test;

TEST_CASE("an adopted Unix user stays when its shell account goes")
{
    TestOffice office;
    office.settle();
    const auto card = office.done("shell.show", R"({"login":"anna"})");
    CHECK(*card.member("uid") == Json(std::int64_t{1001}));
    CHECK(*card.member("adopted") == Json(true));
    CHECK(*card.member("free_domain") == Json("moja-firma.lublin.pl"));
    CHECK(office.refused("shell.remove", R"({"login":"anna","remove_unix_user":true})").fault ==
          Fault::conflict);
    office.done("shell.remove", R"({"login":"anna"})");
    CHECK(office.notes == Notes{"key.remove"});
    CHECK(office.registry.removed()->at(0).login == "anna");
    CHECK(office.unix_accounts.users.contains("anna"));
}

TEST_CASE("a created Unix user goes only when that is said")
{
    TestOffice office;
    office.settle();
    office.done("shell.add", R"({"login":"jan","customer":"firma","password":"x"})");
    CHECK(office.notes == Notes{"user.create", "key.set", "fence.prepare", "tree.make", "fence.set",
                                "user.link", "home.measure"});
    office.notes.clear();
    office.done("shell.remove", R"({"login":"jan","remove_unix_user":true})");
    CHECK(office.notes == Notes{"key.remove", "user.remove"});
}

TEST_CASE("a Unix user that is no longer the one that was created is left alone")
{
    TestOffice office;
    office.settle();
    office.done("shell.add", R"({"login":"jan","customer":"firma"})");
    office.unix_accounts.users["jan"] = 2001;
    const auto answer = office.done("shell.remove", R"({"login":"jan","remove_unix_user":true})");
    CHECK(steps_of(answer).back().contains("so it stays"));
    CHECK(office.unix_accounts.users.contains("jan"));
}

TEST_CASE("a shell account that cannot be furnished leaves no user, no secret and no row")
{
    TestOffice office;
    office.settle();
    office.trees.out_of_order = true;
    CHECK(office.refused("shell.add", R"({"login":"jan","customer":"firma","password":"x"})").fault ==
          Fault::unavailable);
    CHECK_FALSE(office.unix_accounts.users.contains("jan"));
    CHECK(office.keys.passwords.empty());
    CHECK(office.registry.shell_accounts()->size() == 1);
}

TEST_CASE("a shell account that breaks a rule is refused before anything is made")
{
    TestOffice office;
    office.settle();
    office.unix_accounts.users["ola"] = 1003;
    office.unix_accounts.users["twin"] = 1001;
    office.done("customer.add", R"({"name":"other","title":"O","contact":"a@b.pl"})");
    office.done("domain.add", R"({"domain":"other.lublin.pl","customer":"other"})");
    struct Row {
        std::string_view params;
        Fault fault;
        std::string_view says;
    };
    const Row rows[] = {
        {R"("login":"anna","customer":"firma","adopt":true)", Fault::conflict,
         "a shell account anna already"},
        {R"("login":"ola","customer":"firma")", Fault::conflict, "--adopt"},
        {R"("login":"nobody","customer":"firma","adopt":true)", Fault::not_found, "no Unix user nobody"},
        {R"("login":"twin","customer":"firma","adopt":true)", Fault::conflict, "one uid is one account"},
        {R"("login":"root","customer":"firma")", Fault::invalid, "reserved"},
        {R"("login":"jan","customer":"nobody")", Fault::not_found, "no customer"},
        {R"("login":"jan","customer":"firma","free_domain":"other.lublin.pl")", Fault::conflict,
         "another customer"},
        {R"("login":"jan","customer":"firma","free_domain":"nowhere.pl")", Fault::not_found, "no domain"},
    };
    for (const auto& row : rows) {
        CAPTURE(row.params);
        const auto error = office.refused("shell.add", fmt::format("{{{}}}", row.params));
        CHECK(error.fault == row.fault);
        CHECK_MESSAGE(error.text.contains(row.says), error.text);
    }
    CHECK(office.notes.empty());
}

TEST_CASE(
    "a disk limit below what is promised, and another free-mail domain, wait until there is no free mailbox")
{
    TestOffice office;
    office.settle();
    office.done("domain.add", R"({"domain":"druga.lublin.pl","customer":"firma"})");
    office.done("mailbox.add",
                R"({"address":"a@moja-firma.lublin.pl","shell":"anna","capacity":"50M","password":"x"})");
    CHECK(office.refused("shell.set", R"({"login":"anna","disk_limit":"49M"})").fault == Fault::limit);
    CHECK(office.refused("shell.set", R"({"login":"anna","free_domain":"druga.lublin.pl"})").fault ==
          Fault::conflict);
    CHECK(office.refused("shell.remove", R"({"login":"anna"})")
              .text.contains("mailbox a@moja-firma.lublin.pl"));
    office.done("mailbox.remove", R"({"address":"a@moja-firma.lublin.pl"})");
    const auto answer =
        office.done("shell.set", R"({"login":"anna","disk_limit":"49M","free_domain":"druga.lublin.pl"})");
    CHECK(steps_of(answer) ==
          std::vector<std::string>{
              "disk limit: “500 MiB” becomes “49 MiB”",
              "domain of free mailboxes: “moja-firma.lublin.pl” becomes “druga.lublin.pl”"});
}
