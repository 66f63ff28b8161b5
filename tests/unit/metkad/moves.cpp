// A mailbox that moves to another space, or out of all: copied, then the row switches, then the old tree
// goes.

#include "tests/unit/metkad/office.h"

using namespace metka;
using namespace metka::metkad::test;

namespace {

// Shell accounts anna and jan with free mailboxes in one domain; free mailbox a of anna.
void prepare(TestOffice& office)
{
    office.settle();
    office.unix_accounts.users["jan"] = 1004;
    office.done("shell.add", R"({"login":"jan","customer":"firma","adopt":true,"disk_limit":"20M",
        "free_domain":"moja-firma.lublin.pl"})");
    office.free_mailbox("a@moja-firma.lublin.pl");
}

Result<Json> move(TestOffice& office, std::string_view to, std::string_view more = "")
{
    return office.ask("mailbox.set", fmt::format(R"({{"address":"a@moja-firma.lublin.pl",{}{}}})", to, more));
}

InboxId id_of(TestOffice& office, std::string_view login)
{
    return office.registry.shell_account(login)->value().id;
}

constexpr std::string_view to_jan = R"("shell":"jan")";
constexpr std::string_view to_customer = R"("customer":"firma")";

} // namespace

TEST_CASE("a free mailbox becomes paid, and another account's, with its mail, its password and its aliases")
{
    TestOffice office;
    prepare(office);
    office.done("alias.add", R"({"address":"b@moja-firma.lublin.pl","to":"a@moja-firma.lublin.pl"})");
    const auto id = office.mailbox_id("a@moja-firma.lublin.pl");
    const auto key = office.keys.passwords.at(id);
    const auto paid = move(office, to_customer);
    REQUIRE_MESSAGE(paid.has_value(), paid.error().text);
    CHECK(steps_of(*paid) == std::vector<std::string>{"kind: “free, of anna” becomes “paid”"});
    CHECK(office.notes == Notes{"tree.make", "tree.carry", "tree.carry", "tree.remove"});
    CHECK(office.trees.made.contains({id, InboxId()}));
    CHECK_FALSE(office.trees.made.contains({id, id_of(office, "anna")}));
    REQUIRE(move(office, to_jan).has_value());
    CHECK(office.trees.made.contains({id, id_of(office, "jan")}));
    CHECK_FALSE(office.trees.made.contains({id, InboxId()}));
    CHECK(office.mailbox_id("a@moja-firma.lublin.pl") == id);
    CHECK(office.keys.passwords.at(id) == key);
    CHECK(text_of(office.done("alias.show", R"({"address":"b@moja-firma.lublin.pl"})"), "to") ==
          "a@moja-firma.lublin.pl");
    CHECK(text_of(office.done("mailbox.show", R"({"address":"a@moja-firma.lublin.pl"})"), "shell") == "jan");
}

TEST_CASE("a mailbox that somebody reads is not moved, and all stays as it was")
{
    TestOffice office;
    prepare(office);
    const auto id = office.mailbox_id("a@moja-firma.lublin.pl");
    office.trees.in_session.insert(id);
    const auto before = office.dump();
    const auto refused = move(office, to_jan);
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().fault == Fault::conflict);
    CHECK(office.dump() == before);
    CHECK(office.trees.made.contains({id, id_of(office, "anna")}));
    office.trees.in_session.clear();
    CHECK(move(office, to_jan).has_value());
}

TEST_CASE("a move that breaks a rule is refused before anything is copied")
{
    TestOffice office;
    prepare(office);
    office.settle_neighbours();
    office.done("shell.set", R"({"login":"jan","free_mailboxes":1})");
    struct Row {
        std::string_view to, more;
        Fault fault;
        std::string_view says;
    };
    const Row rows[] = {
        {R"("shell":"ewa")", "", Fault::conflict, "another customer"},
        {R"("customer":"other")", "", Fault::conflict, "another customer"},
        {R"("shell":"nikt")", "", Fault::not_found, "no shell account nikt"},
        {to_jan, R"(,"customer":"firma")", Fault::invalid, "not both"},
        {to_jan, R"(,"capacity":"21M")", Fault::limit, "disk limit is 20 MiB"},
        {to_jan, R"(,"capacity":"unlimited")", Fault::limit, "need a capacity"},
    };
    for (const auto& row : rows) {
        CAPTURE(row.to);
        const auto answer = move(office, row.to, row.more);
        REQUIRE_FALSE(answer.has_value());
        CHECK(answer.error().fault == row.fault);
        CHECK_MESSAGE(answer.error().text.contains(row.says), answer.error().text);
    }
    office.done("mailbox.add",
                R"({"address":"z@moja-firma.lublin.pl","shell":"jan","capacity":"1M","password":"x"})");
    office.notes.clear();
    CHECK(move(office, to_jan).error().text.contains("jan has 1 of 1"));
    CHECK(office.notes.empty());
}

TEST_CASE("a full domain lets a mailbox of its own change places, but takes no paid one in")
{
    TestOffice office;
    prepare(office);
    office.done("domain.set", R"({"domain":"moja-firma.lublin.pl","free_mailboxes":1})");
    CHECK(move(office, to_jan).has_value());
    office.done("mailbox.add",
                R"({"address":"p@moja-firma.lublin.pl","customer":"firma","capacity":"1M","password":"x"})");
    CHECK(office.refused("mailbox.set", R"({"address":"p@moja-firma.lublin.pl","shell":"anna"})")
              .text.contains("has 1 of 1"));
}

TEST_CASE("a mailbox that holds more than the capacity it moves with is refused unless forced")
{
    TestOffice office;
    prepare(office);
    office.trees.uses[office.mailbox_id("a@moja-firma.lublin.pl")] = 5_MiB;
    const auto refused = move(office, to_customer, R"(,"capacity":"2M")");
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().fault == Fault::limit);
    CHECK(move(office, to_customer, R"(,"capacity":"2M","force":true)").has_value());
}

TEST_CASE("a dry run of a move says the same and moves nothing")
{
    TestOffice office;
    prepare(office);
    const auto before = office.dump();
    const auto rehearsed = move(office, to_jan, R"(,"dry_run":true)");
    REQUIRE(rehearsed.has_value());
    CHECK(office.notes.empty());
    CHECK(office.dump() == before);
    CHECK(steps_of(*move(office, to_jan)) == steps_of(*rehearsed));
}

TEST_CASE("a move that was cut off anywhere keeps every message reachable, and is simply asked for again")
{
    for (const bool dies : {true, false})
        for (std::size_t n = 0; n < 4; ++n) {
            CAPTURE(dies);
            CAPTURE(n);
            TestOffice office;
            prepare(office);
            const auto id = office.mailbox_id("a@moja-firma.lublin.pl");
            const TestOffice::Tree old{id, id_of(office, "anna")};
            const TestOffice::Tree fresh{id, id_of(office, "jan")};
            (dies ? office.troubles.dies_at : office.troubles.fails_at) = office.troubles.calls() + n;
            const auto killed =
                office.is_killed("mailbox.set", R"({"address":"a@moja-firma.lublin.pl","shell":"jan"})");
            CHECK(killed == dies);
            const auto now_of = office.registry.mailbox(id)->value().shell;
            CHECK(office.trees.made.contains(now_of == id_of(office, "jan") ? fresh : old));
            if (now_of == old.second) {
                CHECK(move(office, to_jan).has_value());
                CHECK_FALSE(office.trees.made.contains(old));
            }
            CHECK(office.trees.made.contains(
                office.registry.mailbox(id)->value().shell == fresh.second ? fresh : old));
        }
}
