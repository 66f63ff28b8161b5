// apply: many objects brought to what a description says.

#include <algorithm>

#include "tests/unit/metkad/office.h"

using namespace metka;
using namespace metka::metkad::test;

namespace {

using Texts = std::vector<std::string>;

constexpr std::string_view firma =
    R"({"kind":"customer","name":"firma","title":"Moja Firma","contact":"a@example.org"})";
constexpr std::string_view its_domain =
    R"({"kind":"domain","domain":"moja-firma.lublin.pl","customer":"firma"})";
constexpr std::string_view its_shell = R"({"kind":"shell","login":"anna","customer":"firma","adopt":true,
    "disk_limit":"500M","free_domain":"moja-firma.lublin.pl"})";
constexpr std::string_view its_mailbox =
    R"({"kind":"mailbox","address":"a@moja-firma.lublin.pl","shell":"anna",
    "capacity":"10M","valid_until":"2027-01-01","password_hash":"$y$hash"})";
constexpr std::string_view its_alias =
    R"({"kind":"alias","address":"b@moja-firma.lublin.pl","to":"a@moja-firma.lublin.pl"})";
const std::vector<std::string_view> everything{firma, its_domain, its_shell, its_mailbox, its_alias};

std::string describe(const std::vector<std::string_view>& objects, std::string_view more = "")
{
    return fmt::format(R"({{"objects":[{}]{}}})", fmt::join(objects, ","), more);
}

Texts outcomes(const Json& answer)
{
    return column(answer, "outcome");
}

Texts outcomes_of(TestOffice& office, const std::vector<std::string_view>& objects)
{
    return outcomes(office.done("apply", describe(objects)));
}

} // namespace

TEST_CASE("what is not there is created, in the order of the file, and the second time nothing changes")
{
    TestOffice office;
    const auto answer = office.done("apply", describe(everything));
    CHECK(column(answer, "object") == Texts{"customer firma", "domain moja-firma.lublin.pl", "shell anna",
                                            "mailbox a@moja-firma.lublin.pl",
                                            "alias b@moja-firma.lublin.pl"});
    CHECK(outcomes(answer) == Texts(5, "created"));
    CHECK(office.keys.passwords.at(office.mailbox_id("a@moja-firma.lublin.pl")) == "$y$hash");
    CHECK(office.has_tree(office.mailbox_id("a@moja-firma.lublin.pl")));
    CHECK(office.zones_written == 1);
    const auto before = office.dump();
    office.notes.clear();
    CHECK(outcomes_of(office, everything) == Texts(5, "unchanged"));
    CHECK(office.dump() == before);
    CHECK(office.notes.empty());
    CHECK(office.zones_written == 1);
}

TEST_CASE("what differs is changed, each with its row in the audit, and a hash is kept only of what is new")
{
    TestOffice office;
    office.done("apply", describe(everything));
    const auto answer = office.done(
        "apply",
        describe({R"({"kind":"customer","name":"firma","title":"Inna Firma","contact":"a@example.org"})",
                  its_domain, R"({"kind":"shell","login":"anna","customer":"firma","disk_limit":"600M"})",
                  R"({"kind":"mailbox","address":"a@moja-firma.lublin.pl","shell":"anna","capacity":"20M",
                               "password_hash":"$y$other"})",
                  R"({"kind":"alias","address":"b@moja-firma.lublin.pl","to":"anna"})"}));
    CHECK(outcomes(answer) == Texts{"changed", "unchanged", "changed", "changed", "changed"});
    CHECK(column(answer, "why").at(3) == "capacity: “10 MiB” becomes “20 MiB”");
    CHECK(office.keys.passwords.at(office.mailbox_id("a@moja-firma.lublin.pl")) == "$y$hash");
    CHECK(office.fences.standing.at(office.registry.shell_account("anna")->value().id) == Capacity(600_MiB));
    const auto audit = office.registry.audit({.most = 4}).value();
    CHECK(audit[0].verb == "alias.set");
    CHECK(audit[3].verb == "customer.set");
}

TEST_CASE("a dry run says the same and leaves nothing: no row, no tree, no secret, no Unix user, no fence")
{
    TestOffice office;
    const std::string_view new_user = R"({"kind":"shell","login":"jan","customer":"firma"})";
    auto objects = everything;
    objects.push_back(new_user);
    const auto before = office.dump();
    const auto rehearsed = office.done("apply", describe(objects, R"(,"dry_run":true)"));
    CHECK(outcomes(rehearsed) == Texts(6, "created"));
    CHECK(office.dump() == before);
    CHECK(office.notes.empty());
    CHECK(office.zones_written == 0);
    CHECK(office.done("apply", describe(objects)) == rehearsed);
    CHECK(office.unix_accounts.users.contains("jan"));
    const auto after = office.dump();
    office.notes.clear();
    CHECK(
        outcomes(office.done(
            "apply", describe({R"({"kind":"shell","login":"anna","customer":"firma","disk_limit":"1G"})",
                               R"({"kind":"mailbox","address":"a@moja-firma.lublin.pl","customer":"firma"})"},
                              R"(,"dry_run":true)"))) == Texts(2, "changed"));
    CHECK(office.dump() == after);
    CHECK(office.notes.empty());
}

TEST_CASE("a password in a description is never set by its rehearsal")
{
    TestOffice office;
    office.done("apply", describe(everything));
    office.notes.clear();
    (void)office.ask("apply",
                     describe({R"({"kind":"mailbox","address":"a@moja-firma.lublin.pl","password":"jawne"})"},
                              R"(,"dry_run":true)"));
    CHECK(office.notes.empty());
    CHECK(office.keys.passwords.at(office.mailbox_id("a@moja-firma.lublin.pl")) == "$y$hash");
}

TEST_CASE("one object that is refused stops no other, and says why")
{
    TestOffice office;
    const auto answer = office.done(
        "apply",
        describe({its_alias, firma, R"({"kind":"customer","name":"firma","colour":"red"})",
                  R"({"kind":"car"})", R"({"kind":"mailbox"})", R"("text")", its_domain, its_shell,
                  R"({"kind":"mailbox","address":"m@moja-firma.lublin.pl","shell":"anna","capacity":"1G"})",
                  its_mailbox, its_alias}));
    CHECK(outcomes(answer) == Texts{"refused", "created", "refused", "refused", "refused", "refused",
                                    "created", "created", "refused", "created", "created"});
    const auto why = column(answer, "why");
    CHECK(why[0].contains("no mailbox a@moja-firma.lublin.pl") == why[0].contains("there is no mailbox"));
    CHECK(why[3].contains("customer, domain, shell, mailbox, alias"));
    CHECK(why[4].contains("address"));
    CHECK(why[8].contains("disk limit"));
    CHECK(office.registry.aliases()->size() == 1);
}

TEST_CASE("what can only be said once is no fault while it is so, and refused when it would be otherwise")
{
    TestOffice office;
    office.settle_neighbours();
    office.done("apply", describe(everything));
    CHECK(outcomes_of(
              office,
              {R"({"kind":"domain","domain":"moja-firma.lublin.pl","customer":"firma","owned":true})"}) ==
          Texts{"unchanged"});
    const auto answer = office.done(
        "apply", describe({R"({"kind":"domain","domain":"moja-firma.lublin.pl","customer":"other"})"}));
    CHECK(outcomes(answer) == Texts{"refused"});
    CHECK(column(answer, "why").front().contains("its customer cannot be changed"));
}

TEST_CASE("a mailbox that gets another place in the description is moved with its mail")
{
    TestOffice office;
    office.done("apply", describe(everything));
    const auto id = office.mailbox_id("a@moja-firma.lublin.pl");
    CHECK(outcomes_of(office,
                      {R"({"kind":"mailbox","address":"a@moja-firma.lublin.pl","customer":"firma"})"}) ==
          Texts{"changed"});
    CHECK(office.trees.made.contains({id, InboxId()}));
    CHECK(std::ranges::count(office.notes, "tree.carry last") == 1);
}

TEST_CASE("when trees or secrets cannot be made the batch is dropped, and every object of it says so")
{
    for (const std::string_view away : {"tree.make_all", "key.hashes"}) {
        CAPTURE(away);
        TestOffice office;
        office.done("apply", describe({firma, its_domain, its_shell}));
        std::size_t number = office.troubles.calls() + (away == "key.hashes" ? 1 : 0);
        const auto before = office.dump();
        office.troubles.fails_at = number;
        const std::string_view paid =
            R"({"kind":"mailbox","address":"p@moja-firma.lublin.pl","customer":"firma"})";
        const auto answer = office.done("apply", describe({firma, its_mailbox, its_alias, paid}));
        CHECK(outcomes(answer) == Texts{"unchanged", "refused", "refused", "refused"});
        CHECK(column(answer, "why").at(1).contains("not now"));
        CHECK(office.registry.mailboxes()->size() == 1);
        CHECK(office.registry.aliases()->empty());
        CHECK(office.keys.passwords.empty());
        CHECK(outcomes_of(office, {firma, its_mailbox, its_alias, paid}) ==
              Texts{"unchanged", "created", "created", "created"});
    }
}

TEST_CASE("a batch that is dropped in the middle refuses its own objects, and what needed it, but not what "
          "comes later")
{
    TestOffice office;
    office.done("apply", describe({firma, its_domain, its_shell}));
    office.troubles.fails_at = office.troubles.calls();
    const std::string_view paid =
        R"({"kind":"mailbox","address":"p@moja-firma.lublin.pl","customer":"firma"})";
    const std::string_view jan = R"({"kind":"shell","login":"jan","customer":"firma"})";
    const std::string_view late =
        R"({"kind":"mailbox","address":"q@moja-firma.lublin.pl","customer":"firma"})";
    const auto answer = office.done("apply", describe({paid, jan, late}));
    CHECK(outcomes(answer) == Texts{"refused", "refused", "created"});
    CHECK_FALSE(office.unix_accounts.users.contains("jan"));
    CHECK_FALSE(office.registry.mailbox(address("p@moja-firma.lublin.pl"))->has_value());
    CHECK(office.registry.mailbox(address("q@moja-firma.lublin.pl"))->has_value());
}

TEST_CASE("an apply that is killed before its end has done nothing, or what it had finished")
{
    TestOffice counted;
    counted.unix_accounts.measures_unseen = true;
    const auto begun = counted.troubles.calls();
    counted.done("apply", describe(everything));
    const auto calls = counted.troubles.calls() - begun;
    for (std::size_t n = 0; n < calls; ++n) {
        CAPTURE(n);
        TestOffice office;
        office.unix_accounts.measures_unseen = true;
        office.troubles.dies_at = office.troubles.calls() + n;
        CHECK(office.is_killed("apply", describe(everything)));
        for (const auto& mailbox : *office.registry.mailboxes())
            CHECK(office.has_tree(mailbox.id));
        office.done("apply", describe(everything));
        CHECK(outcomes_of(office, everything) == Texts(5, "unchanged"));
        CHECK(office.keys.passwords.contains(office.mailbox_id("a@moja-firma.lublin.pl")));
    }
}
